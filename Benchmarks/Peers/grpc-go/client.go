// Opens the one connection, calls once to warm up, and runs the mode.
package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	bench "bench/v1"
)

func runClient(o options) error {
	security := grpc.WithInsecure()
	if o.caFile != "" {
		tls, err := credentials.NewClientTLSFromFile(o.caFile, "localhost")
		if err != nil {
			return err
		}
		security = grpc.WithTransportCredentials(tls)
	}
	connection, err := grpc.Dial(fmt.Sprintf("127.0.0.1:%d", o.port), security)
	if err != nil {
		return err
	}
	defer connection.Close()
	load := newLoad(bench.NewBenchClient(connection), o)
	if err := load.warmUp(); err != nil {
		return fmt.Errorf("the first call failed: %w", err)
	}
	result, err := load.run(o)
	if err != nil {
		return err
	}
	result.print(o.mode)
	return nil
}

func (l *load) warmUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := l.client.Unary(ctx, &bench.Req{}, grpc.WaitForReady(true))
	return err
}
