// The benchmark's service, and the server for it.
package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	bench "bench/v1"
)

type benchService struct{}

func (benchService) Unary(_ context.Context, request *bench.Req) (*bench.Payload, error) {
	body := request.Body
	if len(body) == 0 && request.ResponseSize > 0 {
		body = make([]byte, request.ResponseSize)
	}
	return &bench.Payload{Body: body}, nil
}

func (benchService) ServerStream(request *bench.Req, stream bench.Bench_ServerStreamServer) error {
	payload := &bench.Payload{Body: make([]byte, request.ResponseSize)}
	for i := int32(0); i < request.Count; i++ {
		if err := stream.Send(payload); err != nil {
			return err
		}
	}
	return nil
}

func (benchService) ClientStream(stream bench.Bench_ClientStreamServer) error {
	for {
		_, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&bench.Payload{})
		}
		if err != nil {
			return err
		}
	}
}

func (benchService) Bidi(stream bench.Bench_BidiServer) error {
	for {
		payload, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(payload); err != nil {
			return err
		}
	}
}

// Serves until the process is terminated.
func serve(o options) error {
	var settings []grpc.ServerOption
	if o.certificateFile != "" {
		tls, err := credentials.NewServerTLSFromFile(o.certificateFile, o.keyFile)
		if err != nil {
			return err
		}
		settings = append(settings, grpc.Creds(tls))
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.port))
	if err != nil {
		return err
	}
	server := grpc.NewServer(settings...)
	bench.RegisterBenchServer(server, benchService{})
	fmt.Printf("{\"listening\": %d}\n", listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}
