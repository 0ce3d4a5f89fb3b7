package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

// startSearch runs picket-search until stop is called.
func startSearch(ctx context.Context, readerURL string) (client searchv1.SearchServiceClient, stop func(), err error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	addr := lis.Addr().String()
	lis.Close()
	cmd := exec.CommandContext(ctx, "bin/picket-search")
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "PICKET_GRPC_ADDR="+addr, "PICKET_METRICS_ADDR=127.0.0.1:0", "PICKET_LOG_LEVEL=error",
		"PICKET_READER_DATABASE_URL="+readerURL, "PICKET_DATABASE_URL="+readerURL)
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("picket-search: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		_ = cmd.Wait()                       // what it printed is on the terminal
	}
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		stop()
		return nil, nil, err
	}
	client = searchv1.NewSearchServiceClient(conn)
	ready, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	empty := "issue.id:1"
	_, err = client.SearchIssues(ready, &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &empty}, grpc.WaitForReady(true))
	if err != nil {
		stop()
		return nil, nil, err
	}
	return client, stop, nil
}
