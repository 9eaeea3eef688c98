// Command-line options.
package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type options struct {
	role string
	port int

	// For a server: empty for plaintext.
	certificateFile, keyFile string

	// For a client.
	mode          string
	x             int
	y             float64
	caFile        string
	timeout       time.Duration
	metadataCount int
}

func parse(arguments []string) (options, error) {
	var o options
	words, err := o.takeFlags(arguments)
	if err != nil {
		return o, err
	}
	isServer := len(words) >= 2 && words[0] == "server" && (len(words) == 2 || len(words) == 4)
	isClient := len(words) == 5 && words[0] == "client"
	if !isServer && !isClient {
		return o, fmt.Errorf("neither a server nor a client: %q", words)
	}
	o.role = words[0]
	if o.port, err = strconv.Atoi(words[1]); err != nil {
		return o, err
	}
	if len(words) == 4 {
		o.certificateFile, o.keyFile = words[2], words[3]
	}
	if isClient {
		return o, o.takeLoad(words[2:])
	}
	return o, nil
}

// Parses flags and returns the other arguments.
func (o *options) takeFlags(arguments []string) (words []string, err error) {
	for len(arguments) > 0 {
		name := arguments[0]
		arguments = arguments[1:]
		if !strings.HasPrefix(name, "--") {
			words = append(words, name)
			continue
		}
		if len(arguments) == 0 {
			return nil, fmt.Errorf("%s needs a value", name)
		}
		if err := o.takeFlag(name, arguments[0]); err != nil {
			return nil, err
		}
		arguments = arguments[1:]
	}
	return words, nil
}

func (o *options) takeFlag(name, value string) (err error) {
	switch name {
	case "--cert":
		o.caFile = value
	case "--timeout":
		var seconds float64
		seconds, err = strconv.ParseFloat(value, 64)
		o.timeout = time.Duration(seconds * float64(time.Second))
	case "--metadata":
		o.metadataCount, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("there is no option %s", name)
	}
	return err
}

func (o *options) takeLoad(words []string) (err error) {
	o.mode = words[0]
	if o.x, err = strconv.Atoi(words[1]); err != nil {
		return err
	}
	o.y, err = strconv.ParseFloat(words[2], 64)
	return err
}
