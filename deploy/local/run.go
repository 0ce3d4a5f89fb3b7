package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/picket-io/picket/deploy/local/internal/console"
	"github.com/picket-io/picket/deploy/local/internal/demo"
	"github.com/picket-io/picket/deploy/local/internal/platform"
	"github.com/picket-io/picket/deploy/local/internal/postgresserver"
	"github.com/picket-io/picket/deploy/local/internal/process"
	"github.com/picket-io/picket/deploy/local/internal/redisserver"
	"github.com/picket-io/picket/deploy/local/internal/workspace"
	provision "github.com/picket-io/picket/deploy/postgres"
)

// A duration says when a run ends by itself.
type duration int

const (
	untilStopped duration = iota
	untilReady
)

// An installation is Picket with what it stands on, on this machine.
type installation struct {
	out       *console.Console
	workspace *workspace.Workspace
	starter   *process.Starter
	group     *process.Group
}

// runServices brings everything up, shows the sample unless that is not wanted, stays as long as it is asked to, and
// stops what it started in the reverse order.
func runServices(ctx context.Context, signals <-chan os.Signal, until duration, sample bool) (err error) {
	root, err := workspace.Root(".")
	if err != nil {
		return err
	}
	w, err := workspace.Open(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := platform.Built(w); err != nil {
		return err
	}
	i := &installation{out: console.New(os.Stdout), workspace: w, starter: process.NewStarter(), group: process.NewGroup()}
	err = interruptible(ctx, signals, func(ctx context.Context) error {
		targets, err := i.start(ctx)
		if err != nil || !sample {
			return err
		}
		return i.showSample(ctx, targets)
	})
	if err == nil && until == untilStopped {
		i.out.Line("Ctrl-C stops everything.")
		err = i.wait(signals)
	}
	i.stop(signals)
	return err
}

// wait returns nil on a signal, and an error when a process ends without having been asked to.
func (i *installation) wait(signals <-chan os.Signal) error {
	select {
	case <-signals:
		return nil
	case ended := <-i.group.Ended():
		return ended.Ended()
	}
}

// stop stops one process after another. A signal meanwhile kills them all.
func (i *installation) stop(signals <-chan os.Signal) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		i.group.Stop(func(name string) { i.out.Line("stopping %s", name) })
	}()
	for {
		select {
		case <-signals:
			i.out.Line("killing what still runs")
			i.group.Kill()
		case <-stopped:
			return
		}
	}
}

// start starts the servers and the services, says where they are and returns what the sample is sent to.
func (i *installation) start(ctx context.Context) (targets demo.Targets, err error) {
	stores, err := i.startStores(ctx)
	if err != nil {
		return targets, err
	}
	services, err := platform.Services(stores)
	if err != nil {
		return targets, err
	}
	launcher := &platform.Launcher{Starter: i.starter, Group: i.group, Workspace: i.workspace}
	for _, service := range services {
		if err := launcher.Migrate(ctx, service); err != nil {
			return targets, err
		}
	}
	for _, service := range services {
		if service.Name == "traces" && os.Getenv(defaultProject) == "" {
			service.Set(defaultProject, strconv.Itoa(demo.ProjectID))
		}
		if err := launcher.Start(ctx, service); err != nil {
			return targets, err
		}
		i.announce(service)
		switch service.Name {
		case "grouping":
			targets.Grouping = service.GRPC()
		case "ingest":
			targets.Ingest = service.GRPC()
		case "traces":
			targets.OTLP = service.OTLP()
		case "search":
			targets.Search = service.GRPC()
		}
	}
	return targets, nil
}

// showSample feeds the sample to the services and prints what became of it.
func (i *installation) showSample(ctx context.Context, targets demo.Targets) error {
	d, err := demo.New(targets, i.workspace.Folder(), time.Now())
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.MakeProject(ctx); err != nil {
		return err
	}
	var fed demo.Fed
	err = i.out.Step("feeding the sample", func() error {
		fed, err = d.Feed(ctx)
		return err
	})
	if err != nil {
		return err
	}
	i.out.Line("%s", fed)
	return d.Show(ctx, os.Stdout)
}

// announce says where the service listens.
func (i *installation) announce(service *platform.Service) {
	var addresses []string
	for _, listen := range service.Listens {
		if listen.Wanted != 0 {
			i.out.Line("port %d is taken: %s listens on %s", listen.Wanted, service.Name, listen.Address)
		}
		addresses = append(addresses, listen.Protocol+" "+listen.Address)
	}
	i.out.Line("%-10s %s", service.Name, strings.Join(addresses, ", "))
}

const (
	// defaultProject names the project of spans that name none: the sample's, unless the user wants another.
	defaultProject = "PICKET_DEFAULT_PROJECT_ID"
	// database is the name of the database in a cluster of our own.
	database = "picket"
	// redisDatabases is what Redis has by default; Picket uses the first.
	redisDatabases = 16
)

// startStores starts the servers that the environment does not name and makes the roles and schemas.
func (i *installation) startStores(ctx context.Context) (platform.Stores, error) {
	stores := platform.Stores{
		AdminURL: os.Getenv("PICKET_DATABASE_URL"),
		RedisURL: os.Getenv("PICKET_REDIS_URL"),
		Database: database,
	}
	var (
		cluster postgresserver.Cluster
		version int
		err     error
	)
	ownPostgres, ownRedis := stores.AdminURL == "", stores.RedisURL == ""
	if ownPostgres {
		if cluster.Folder, cluster.Account, err = i.workspace.Data("postgres"); err != nil {
			return stores, err
		}
		if version, err = cluster.Version(); err != nil {
			return stores, err
		}
	} else if stores.Database, err = provision.DatabaseName(stores.AdminURL); err != nil {
		return stores, err
	}
	programs, err := find(ctx, i.out, ownPostgres, ownRedis, version)
	if err != nil {
		return stores, err
	}
	if ownPostgres {
		if stores.AdminURL, err = i.startPostgres(ctx, programs.postgres, cluster, version != 0); err != nil {
			return stores, err
		}
	}
	if ownRedis {
		if stores.RedisURL, err = i.startRedis(ctx, programs.redis); err != nil {
			return stores, err
		}
	}
	passwords, err := provision.Passwords(stores.AdminURL)
	if err != nil {
		return stores, err
	}
	if err := provision.Roles(ctx, stores.AdminURL, passwords); err != nil {
		return stores, err
	}
	return stores, provision.Database(ctx, stores.AdminURL, stores.Database)
}

func (i *installation) startPostgres(ctx context.Context, programs postgresserver.Programs, cluster postgresserver.Cluster, exists bool) (url string, err error) {
	if !strings.HasPrefix(cluster.Folder, i.workspace.Root) {
		i.out.Line("PostgreSQL runs as %s, who cannot enter this folder: the data is in %s", cluster.Account.Name, cluster.Folder)
	}
	if !exists {
		err := i.out.Step("making a PostgreSQL cluster", func() error {
			return cluster.Create(ctx, i.starter, programs, postgresserver.Durable)
		})
		if err != nil {
			return "", err
		}
	}
	server, err := postgresserver.Start(ctx, i.starter, programs, cluster, postgresserver.Durable, i.workspace.Log("postgres"))
	if err != nil {
		return "", err
	}
	i.group.Add(server.Process)
	i.out.Line("%-10s %s, version %d", "PostgreSQL", server.Address, programs.Version)
	return server.URL, nil
}

func (i *installation) startRedis(ctx context.Context, path string) (url string, err error) {
	folder, user, err := i.workspace.Data("redis")
	if err != nil {
		return "", err
	}
	server, err := redisserver.Start(ctx, i.starter, redisserver.Options{
		Path:      path,
		Folder:    folder,
		Account:   user,
		Log:       i.workspace.Log("redis"),
		Databases: redisDatabases,
		Save:      true,
	})
	if err != nil {
		return "", err
	}
	i.group.Add(server.Process)
	i.out.Line("%-10s %s", "Redis", server.Address)
	return server.URL, nil
}
