// Package port chooses loopback ports for programs to listen on.
package port

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
)

// Free ports are sought here: below the range from which the kernel takes the near end of outgoing connections
// (32768 up), which may take a port between our look and the program's, and below Kubernetes' node ports (30000 up).
const (
	lowest  = 20000
	highest = 29999
)

// Free returns a port on 127.0.0.1 on which nobody listens. Somebody else may be quicker than the program it is for,
// which then fails to start.
func Free(ctx context.Context) (int, error) {
	for range 100 {
		//nolint:gosec // any port will do
		if candidate := lowest + rand.IntN(highest-lowest+1); IsFree(ctx, candidate) {
			return candidate, nil
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d", lowest, highest)
}

// IsFree tells whether a program could listen on the port of 127.0.0.1 now.
func IsFree(ctx context.Context, port int) bool {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", Address(port))
	if err != nil {
		return false
	}
	_ = listener.Close()
	return true
}

// Claim takes a port that a program is to listen on, unless somebody listens there or has claimed it, until the claim is
// closed or this process ends. Of two installations that start at the same time the second would take the service of the
// first for its own, which answers at that address.
func Claim(ctx context.Context, port int) (claim io.Closer, ok bool) {
	var config net.ListenConfig
	// A name in the abstract namespace, which belongs to no user and goes with the process.
	claim, err := config.Listen(ctx, "unix", fmt.Sprintf("@picket-local-port-%d", port))
	if err != nil {
		return nil, false
	}
	if !IsFree(ctx, port) {
		_ = claim.Close()
		return nil, false
	}
	return claim, true
}

// Address is the port of 127.0.0.1 as host:port.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
