package floor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/picket-io/picket/pkg/grpcclient"
	"github.com/picket-io/picket/pkg/grpcserver"
)

const (
	echoArgument    = "serve-echoes"
	echoMethod      = "/picket.bench.Echo/Echo"
	maxMessageBytes = 64 << 20
	echoCallers     = 64
)

// ServeEchoes is what a program that opens a Meter calls first. Where the Meter has started it, it serves echoes, and
// does not return.
func ServeEchoes() {
	if len(os.Args) != 2 || os.Args[1] != echoArgument {
		return
	}
	if err := serveEchoes(); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveEchoes prints its address and serves with what Picket's services serve with, until its input ends.
func serveEchoes() error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	server, err := grpcserver.Listen(ctx, "127.0.0.1:0", maxMessageBytes, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "picket.bench.Echo", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Echo", Handler: echo}},
	}, nil)
	fmt.Println(server.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // however it ends
		stop()
	}()
	return server.Run(ctx)
}

func echo(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // grpc has this order
	req := &wrapperspb.BytesValue{}
	if err := decode(req); err != nil {
		return nil, err
	}
	info := &grpc.UnaryServerInfo{FullMethod: echoMethod}
	return intercept(ctx, req, info, func(_ context.Context, req any) (any, error) { return req, nil })
}

// echoServer is the other process.
type echoServer struct {
	cmd   *exec.Cmd
	input io.Closer
	conn  *grpc.ClientConn
}

func startEchoes(ctx context.Context) (*echoServer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, echoArgument)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the benchmark, which ends it
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &echoServer{cmd: cmd, input: input}
	addr, err := bufio.NewReader(output).ReadString('\n')
	if err == nil {
		s.conn, err = grpcclient.Dial(strings.TrimSpace(addr))
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *echoServer) stop() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(append(errs, s.input.Close(), s.cmd.Wait())...)
}

func (m *Meter) echo(ctx context.Context) (Figure, error) { return m.call(ctx, 1, m.echoOnce()) }

func (m *Meter) echoes(ctx context.Context) (Figure, error) {
	return m.call(ctx, echoCallers, m.echoOnce())
}

func (m *Meter) pacedEchoes(ctx context.Context) (Figure, error) { return m.paced(ctx, m.echoOnce()) }

func (m *Meter) echoOnce() func(context.Context, int) error {
	req := wrapperspb.Bytes(make([]byte, m.options.Message))
	return func(ctx context.Context, _ int) error {
		return m.echoing.conn.Invoke(ctx, echoMethod, req, &wrapperspb.BytesValue{}, grpc.WaitForReady(true))
	}
}
