// Fakeservice stands in for a service: it migrates, serves its health and ends on SIGTERM. What happens to it, it
// appends to the file that FAKE_EVENTS names.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "picket-")
	if len(os.Args) == 2 && os.Args[1] == "migrate" {
		event("%s migrates, %d before", name, migrate())
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	listener, err := net.Listen("tcp", os.Getenv("PICKET_GRPC_ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	log.Print("serving")
	event("%s starts %d", name, os.Getpid())
	go func() {
		<-stop
		event("%s stops", name)
		server.GracefulStop()
	}()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

// migrate returns how many runs the schema of the service's role remembers.
func migrate() (runs int) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Getenv("PICKET_DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS runs (id int)`); err != nil {
		log.Fatal(err)
	}
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM runs`).Scan(&runs); err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `INSERT INTO runs VALUES (1)`); err != nil {
		log.Fatal(err)
	}
	return runs
}

func event(format string, args ...any) {
	file, err := os.OpenFile(os.Getenv("FAKE_EVENTS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintf(file, format+"\n", args...)
}
