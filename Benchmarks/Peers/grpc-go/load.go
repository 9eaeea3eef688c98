// The measured work of a client.
package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"

	bench "bench/v1"
)

type load struct {
	client  bench.BenchClient
	timeout time.Duration
	// Alternating keys and values.
	entries []string
}

func newLoad(client bench.BenchClient, o options) *load {
	l := &load{client: client, timeout: o.timeout}
	for i := 0; i < o.metadataCount; i++ {
		l.entries = append(l.entries, fmt.Sprintf("bench-entry-%d", i), fmt.Sprintf("value-of-entry-%d", i))
	}
	return l
}

func (l *load) run(o options) (result, error) {
	switch o.mode {
	case "unary":
		return l.unary(o.x, time.Duration(o.y*float64(time.Second)))
	case "sstream":
		return l.serverStream(o.x, int(o.y))
	case "cstream":
		return l.clientStream(o.x, int(o.y))
	case "bidi":
		return l.pingPong(o.x, int(o.y))
	}
	return result{}, fmt.Errorf("there is no mode %s", o.mode)
}

// The settings of a call.
func (l *load) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if l.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, l.timeout)
	}
	if len(l.entries) > 0 {
		ctx = metadata.AppendToOutgoingContext(ctx, l.entries...)
	}
	return ctx, cancel
}

func (l *load) unary(atOnce int, duration time.Duration) (result, error) {
	meter := startMeter()
	end := time.Now().Add(duration)
	latencies := make([][]time.Duration, atOnce)
	errors := make([]error, atOnce)
	var group sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			latencies[i], errors[i] = l.callAgainAndAgain(end)
		}(i)
	}
	group.Wait()
	r := result{meter: meter.stop()}
	for i := range latencies {
		if errors[i] != nil {
			return r, errors[i]
		}
		r.latencies = append(r.latencies, latencies[i]...)
	}
	r.count = len(r.latencies)
	return r, nil
}

func (l *load) callAgainAndAgain(end time.Time) (latencies []time.Duration, err error) {
	request := &bench.Req{Body: make([]byte, 16)}
	for begin := time.Now(); begin.Before(end); {
		ctx, cancel := l.context()
		_, err := l.client.Unary(ctx, request)
		cancel()
		if err != nil {
			return nil, err
		}
		now := time.Now()
		latencies = append(latencies, now.Sub(begin))
		begin = now
	}
	return latencies, nil
}

func (l *load) serverStream(count, size int) (result, error) {
	ctx, cancel := l.context()
	defer cancel()
	r := result{}
	meter := startMeter()
	stream, err := l.client.ServerStream(ctx, &bench.Req{Count: int32(count), ResponseSize: int32(size)})
	if err != nil {
		return r, err
	}
	for {
		payload, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return r, err
		}
		r.count++
		r.bytes += len(payload.Body)
	}
	r.meter = meter.stop()
	return r, r.expect(count)
}

func (l *load) clientStream(count, size int) (result, error) {
	ctx, cancel := l.context()
	defer cancel()
	meter := startMeter()
	stream, err := l.client.ClientStream(ctx)
	if err != nil {
		return result{}, err
	}
	payload := &bench.Payload{Body: make([]byte, size)}
	for i := 0; i < count; i++ {
		if err := stream.Send(payload); err != nil {
			return result{}, err
		}
	}
	_, err = stream.CloseAndRecv()
	return result{meter: meter.stop(), count: count, bytes: count * size}, err
}

func (l *load) pingPong(count, size int) (result, error) {
	ctx, cancel := l.context()
	defer cancel()
	r := result{latencies: make([]time.Duration, 0, count)}
	payload := &bench.Payload{Body: make([]byte, size)}
	meter := startMeter()
	stream, err := l.client.Bidi(ctx)
	if err != nil {
		return r, err
	}
	for r.count < count {
		begin := time.Now()
		if err := stream.Send(payload); err != nil {
			return r, err
		}
		answer, err := stream.Recv()
		if err != nil {
			return r, err
		}
		r.latencies = append(r.latencies, time.Since(begin))
		r.count++
		r.bytes += len(answer.Body)
	}
	r.meter = meter.stop()
	return r, stream.CloseSend()
}
