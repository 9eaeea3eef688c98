// The result of a run, as the line read by the harness.
package main

import (
	"fmt"
	"sort"
	"syscall"
	"time"
)

// Wall-clock and CPU time of this process, first as a point, then as an interval.
type meter struct {
	at   time.Time
	wall time.Duration
	cpu  time.Duration
}

func startMeter() meter { return meter{at: time.Now(), cpu: cpuTime()} }

func (m meter) stop() meter {
	return meter{at: m.at, wall: time.Since(m.at), cpu: cpuTime() - m.cpu}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

type result struct {
	meter meter
	count int
	// Of streams.
	bytes int
	// Of unary and bidi: of each call or round trip.
	latencies []time.Duration
}

func (r result) expect(count int) error {
	if r.count != count {
		return fmt.Errorf("%d messages came instead of %d", r.count, count)
	}
	return nil
}

func (r result) print(mode string) {
	seconds := r.meter.wall.Seconds()
	fmt.Printf(`{"mode": "%s", "n": %d, "secs": %.6f, "per_s": %.1f, "cpu_us_per": %.4f`, mode, r.count, seconds,
		float64(r.count)/seconds, microseconds(r.meter.cpu)/float64(r.count))
	if r.bytes > 0 {
		fmt.Printf(`, "bytes": %d, "GBps": %.4f`, r.bytes, float64(r.bytes)/seconds/1e9)
	}
	if len(r.latencies) > 0 {
		sort.Slice(r.latencies, func(i, j int) bool { return r.latencies[i] < r.latencies[j] })
		fmt.Printf(`, "p50_us": %.2f, "p99_us": %.2f`, r.quantile(0.5), r.quantile(0.99))
	}
	fmt.Println("}")
}

func (r result) quantile(part float64) float64 {
	return microseconds(r.latencies[int(float64(len(r.latencies)-1)*part)])
}

func microseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Microsecond)
}
