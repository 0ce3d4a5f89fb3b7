package grpcserver

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// DatabaseHealth is the name under which grpc.health.v1 tells whether a service reaches its database.
const DatabaseHealth = "database"

const (
	databaseInterval = time.Second
	databaseTimeout  = 2 * time.Second // that an answer may take
	databasePatience = 5 * time.Second // without an answer, until that is said
)

// Database is what a service depends on, such as a pool of connections.
type Database interface {
	Ping(ctx context.Context) error
}

// WatchDatabase says over grpc.health.v1 whether all databases answer, until ctx ends. The service as a whole serves
// without them: taken out of a load balancer it could not even tell its callers to come again, and when to.
func (s *Server) WatchDatabase(ctx context.Context, log *slog.Logger, databases ...Database) error {
	serving, answered := false, time.Now()
	s.SetHealth(DatabaseHealth, serving)
	ticker := time.NewTicker(databaseInterval)
	defer ticker.Stop()
	for {
		err := pingAll(ctx, databases)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			answered = time.Now()
			if !serving {
				log.Info("the database answers")
			}
			serving = true
		case serving && time.Since(answered) >= databasePatience:
			log.Error("the database does not answer", "error", err)
			serving = false
		}
		s.SetHealth(DatabaseHealth, serving)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func pingAll(ctx context.Context, databases []Database) error {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	var errs []error
	for _, d := range databases {
		errs = append(errs, d.Ping(ctx))
	}
	return errors.Join(errs...)
}
