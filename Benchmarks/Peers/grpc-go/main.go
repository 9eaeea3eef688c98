// The benchmark's server and client by gRPC Go: see the usage below.
package main

import (
	"fmt"
	"os"
)

const usage = `usage: grpc-go-bench server PORT [CERT KEY]
       grpc-go-bench client PORT unary|sstream|cstream|bidi X Y [--cert CA] [--timeout SECONDS] [--metadata N]
`

func main() {
	options, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "grpc-go-bench: %v\n%s", err, usage)
		os.Exit(2)
	}
	if options.role == "server" {
		err = serve(options)
	} else {
		err = runClient(options)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "grpc-go-bench: %v\n", err)
		os.Exit(1)
	}
}
