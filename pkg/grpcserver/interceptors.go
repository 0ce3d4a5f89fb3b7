package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/picket-io/picket/pkg/fault"
)

// finish is the outermost interceptor: it turns whatever the call ended with into a status and logs the call once.
func finish(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		start := time.Now()
		resp, err := handler(ctx, req)
		s := statusOfCall(ctx, err)
		logCall(ctx, log, info.FullMethod, time.Since(start), s.Code(), err)
		if err != nil {
			return nil, s.Err()
		}
		return resp, nil
	}
}

func logCall(ctx context.Context, log *slog.Logger, method string, took time.Duration, code codes.Code, err error) {
	level := slog.LevelDebug
	attrs := []slog.Attr{
		slog.String("method", method), slog.Duration("took", took), slog.String("code", code.String()),
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
		level = levelOf(code)
	}
	log.LogAttrs(ctx, level, "call finished", attrs...)
}

// levelOf tells failures of Picket from failures of its callers.
func levelOf(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Aborted:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// recoverPanic keeps one call's panic from ending the process. It becomes an error of no kind: finish logs it, stack
// and all.
func recoverPanic(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handler(ctx, req)
}

func validate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if message, ok := req.(proto.Message); ok {
		if err := Validate(message); err != nil {
			return nil, err
		}
	}
	return handler(ctx, req)
}

// Validate checks a message against the rules that its proto file states. Servers do it for every request; the
// items of a batch, which fail one by one, are checked by this.
func Validate(message proto.Message) error {
	err := protovalidate.Validate(message)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	violations := make([]fault.Violation, 0, len(invalid.Violations))
	for _, v := range invalid.Violations {
		violations = append(violations, fault.Violation{
			Field:       protovalidate.FieldPathString(v.Proto.GetField()),
			Description: v.Proto.GetMessage(),
		})
	}
	return fault.InvalidRequest(violations...)
}
