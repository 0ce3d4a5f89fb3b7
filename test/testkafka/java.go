package testkafka

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const startTime = 3 * time.Minute

// javaBroker is an Apache Kafka of one node, broker and controller in one, without ZooKeeper.
type javaBroker struct {
	jars    string
	folder  string
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
}

const properties = `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:%[2]d
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%[3]s
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
`

func newJavaBroker(ctx context.Context, jars, folder string) (*javaBroker, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	b := &javaBroker{jars: jars, folder: folder, address: net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))}
	content := fmt.Sprintf(properties, ports[0], ports[1], filepath.Join(folder, "data"))
	if err := os.WriteFile(b.config(), []byte(content), 0o600); err != nil {
		return nil, err
	}
	format := exec.CommandContext(ctx, "java", b.arguments("kafka.tools.StorageTool", "format", "--standalone",
		"--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ", "--config", b.config())...)
	if output, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format the broker's storage: %w\n%s", err, output)
	}
	return b, b.start(ctx)
}

func (b *javaBroker) config() string { return filepath.Join(b.folder, "server.properties") }

func (b *javaBroker) arguments(mainClass string, args ...string) []string {
	return append([]string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", filepath.Join(b.jars, "*"), mainClass,
	}, args...)
}

// start runs the broker until it answers.
func (b *javaBroker) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(b.folder, "broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("java", b.arguments("kafka.Kafka", b.config())...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	ended, started := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(ended)
		// The signal comes when the thread that forked ends, so that thread waits.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it ends by a signal
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	b.cmd, b.ended = cmd, ended
	if err := b.awaitReady(ctx); err != nil {
		b.stop()
		output, _ := os.ReadFile(log.Name())
		return fmt.Errorf("start the broker: %w\n%s", err, output)
	}
	return nil
}

func (b *javaBroker) awaitReady(ctx context.Context) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ping(ctx, b.address)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-b.ended:
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return err
		}
	}
}

// ping asks with a new client: one that was refused waits, longer each time, before it asks again.
func ping(ctx context.Context, address string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return client.Ping(ctx)
}

// stop lets the broker end in order.
func (b *javaBroker) stop() {
	_ = b.cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		_ = b.cmd.Process.Kill()
		<-b.ended
	}
}

// freePorts gives ports that nobody listened at a moment ago. They lie below those that the system gives to outgoing
// connections, any of which could take one while its broker is down.
func freePorts(n int) ([]int, error) {
	const first, ports, tries = 10_000, 10_000, 1000
	var free []int
	for range tries {
		port := first + rand.IntN(ports)
		lis, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer lis.Close() // at the end, so that all are different
		if free = append(free, port); len(free) == n {
			return free, nil
		}
	}
	return nil, errors.New("no port is free")
}
