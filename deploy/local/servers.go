package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/picket-io/picket/deploy/local/internal/console"
	"github.com/picket-io/picket/deploy/local/internal/debian"
	"github.com/picket-io/picket/deploy/local/internal/postgresserver"
	"github.com/picket-io/picket/deploy/local/internal/redisserver"
)

// installed is what servers are started from.
type installed struct {
	postgres postgresserver.Programs // zero when it was not wanted
	redis    string
}

// find returns the servers that are wanted, after installing those that are missing. A postgresVersion other than 0
// asks for just that version, which an existing cluster needs.
func find(ctx context.Context, out *console.Console, wantPostgres, wantRedis bool, postgresVersion int) (installed, error) {
	look := func() (installed, []string, error) {
		var (
			found    installed
			packages []string
			errs     []error
			err      error
		)
		if wantPostgres {
			if found.postgres, err = postgresserver.Find(ctx, postgresVersion); err != nil {
				errs = append(errs, err)
				packages = append(packages, debianPostgres(postgresVersion))
			}
		}
		if wantRedis {
			if found.redis, err = redisserver.Find(); err != nil {
				errs = append(errs, err)
				packages = append(packages, "redis-server")
			}
		}
		return found, packages, errors.Join(errs...)
	}
	found, packages, err := look()
	if err == nil {
		return found, nil
	}
	names := strings.Join(packages, " and ")
	err = out.Step("installing "+names+" with apt-get", func() error { return debian.Install(ctx, packages) })
	if errors.Is(err, debian.ErrCannotInstall) {
		return found, fmt.Errorf("please install the packages %s (%w)", names, err)
	}
	if err != nil {
		return found, err
	}
	found, _, err = look()
	return found, err
}

func debianPostgres(version int) string {
	if version == 0 {
		return "postgresql"
	}
	return fmt.Sprintf("postgresql-%d", version)
}
