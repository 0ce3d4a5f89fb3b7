package otlp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// stopTimeout is how long requests under way may take to finish when the server stops.
const stopTimeout = 15 * time.Second

// HTTPServer serves OTLP over HTTP.
type HTTPServer struct {
	server *http.Server
	lis    net.Listener
}

// ListenHTTP makes a server at a TCP address such as ":4318".
func ListenHTTP(ctx context.Context, addr string, handler http.Handler) (*HTTPServer, error) {
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	return &HTTPServer{server: server, lis: lis}, nil
}

// Addr is the address the server listens at.
func (s *HTTPServer) Addr() net.Addr { return s.lis.Addr() }

// Run serves until ctx ends, then takes no new requests and waits for those under way, at most stopTimeout.
func (s *HTTPServer) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.lis) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := s.server.Shutdown(stopCtx); err != nil {
		return errors.Join(err, s.server.Close())
	}
	return nil
}
