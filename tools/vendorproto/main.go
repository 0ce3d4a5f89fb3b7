// Command vendorproto writes the .proto files of other projects that Picket's contract imports.
//
// The Go modules of those projects ship generated code only, but that code carries the descriptor of the file it
// was generated from. Printing the descriptor gives a file that means exactly what the Go code means, at exactly
// the version that gen/go.mod names, without a copy fetched from elsewhere that could drift from it. Comments are
// not part of a descriptor, so the printed files have none.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"text/template"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	_ "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"golang.org/x/mod/modfile"
	_ "google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A source is a Go module whose descriptors are printed.
type source struct {
	Module    string
	Version   string // as linked into this program
	Upstream  string
	Copyright string
	Files     []string
}

var sources = []source{
	{
		Module:    "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
		Upstream:  "https://github.com/bufbuild/protovalidate",
		Copyright: "2023-2026 Buf Technologies, Inc.",
		Files:     []string{"buf/validate/validate.proto"},
	},
	{
		Module:    "google.golang.org/genproto/googleapis/rpc",
		Upstream:  "https://github.com/googleapis/googleapis",
		Copyright: "2026 Google LLC",
		Files: []string{
			"google/rpc/code.proto",
			"google/rpc/error_details.proto",
			"google/rpc/status.proto",
		},
	},
	{
		Module:    "go.opentelemetry.io/proto/otlp",
		Upstream:  "https://github.com/open-telemetry/opentelemetry-proto",
		Copyright: "The OpenTelemetry Authors",
		Files: []string{
			"opentelemetry/proto/collector/trace/v1/trace_service.proto",
			"opentelemetry/proto/common/v1/common.proto",
			"opentelemetry/proto/resource/v1/resource.proto",
			"opentelemetry/proto/trace/v1/trace.proto",
		},
	},
}

var header = template.Must(template.New("header").Parse(`// Copyright {{.Copyright}}
// Licensed under the Apache License, Version 2.0; see the LICENSE file in third_party/proto.
//
// Printed by tools/vendorproto from the descriptor in {{.Module}}
// {{.Version}}. DO NOT EDIT.

`))

var readme = template.Must(template.New("readme").Parse(`# Other projects' .proto files

Picket's contract imports these files. ` + "`make third-party`" + ` prints them from the descriptors in the Go modules that carry
their generated code, so they have no comments, and their version is the one in ` + "`gen/go.mod` or `go.mod`" + `. ` + "`make verify`" + `
fails when they are stale. Do not edit them, and generate no Go code from them: the modules below have it.

Each is under the Apache License, Version 2.0, whose text is in [LICENSE](LICENSE).
{{range .}}
## {{.Module}} {{.Version}}

Copyright {{.Copyright}}, from {{.Upstream}}

{{range .Files}}- ` + "`{{.}}`" + `
{{end}}{{end}}`))

func main() {
	log.SetFlags(0)
	log.SetPrefix("vendorproto: ")
	out := flag.String("out", "", "folder to write to; the files it has stay unless they are written again")
	mods := flag.String("agree-with", "", "comma-separated go.mod files that must not require another version of a source")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, strings.Split(*mods, ",")); err != nil {
		log.Fatal(err)
	}
}

func run(out string, goMods []string) error {
	linked, err := linkedVersions()
	if err != nil {
		return err
	}
	for i := range sources {
		sources[i].Version = linked[sources[i].Module]
	}
	for _, name := range goMods {
		if name == "" {
			continue
		}
		if err := agree(name); err != nil {
			return err
		}
	}
	for _, s := range sources {
		for _, path := range s.Files {
			if err := vendor(out, path, s); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return write(filepath.Join(out, "README.md"), func(w io.Writer) error { return readme.Execute(w, sources) })
}

// linkedVersions returns the version of every source module that is built into this program.
func linkedVersions() (map[string]string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, errors.New("built without module information")
	}
	linked := make(map[string]string)
	for _, dep := range info.Deps {
		linked[dep.Path] = dep.Version
	}
	for _, s := range sources {
		if linked[s.Module] == "" {
			return nil, fmt.Errorf("%s is not linked in", s.Module)
		}
	}
	return linked, nil
}

// agree returns an error if a go.mod file requires a source at another version than the linked one. A file that
// does not exist or does not require a source has no say.
func agree(name string) error {
	data, err := os.ReadFile(name) //nolint:gosec // the caller of a build tool names its own files
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return err
	}
	for _, req := range f.Require {
		for _, s := range sources {
			if req.Mod.Path == s.Module && req.Mod.Version != s.Version {
				return fmt.Errorf("%s requires %s %s, tools/go.mod has %s: bring them level, then run make third-party",
					name, s.Module, req.Mod.Version, s.Version)
			}
		}
	}
	return nil
}

func vendor(out, path string, s source) error {
	fd, err := protoregistry.GlobalFiles.FindFileByPath(path)
	if err != nil {
		return err
	}
	if err := importsAreVendored(fd); err != nil {
		return err
	}
	printer := protoprint.Printer{Compact: true}
	var body bytes.Buffer
	if err := printer.PrintProtoFile(fd, &body); err != nil {
		return err
	}
	return write(filepath.Join(out, filepath.FromSlash(path)), func(w io.Writer) error {
		if err := header.Execute(w, s); err != nil {
			return err
		}
		_, err := w.Write(body.Bytes())
		return err
	})
}

// importsAreVendored returns an error if fd imports a file that is neither in sources nor known to every compiler.
func importsAreVendored(fd protoreflect.FileDescriptor) error {
	known := make(map[string]bool)
	for _, s := range sources {
		for _, path := range s.Files {
			known[path] = true
		}
	}
	imports := fd.Imports()
	for i := range imports.Len() {
		path := imports.Get(i).Path()
		if !known[path] && !strings.HasPrefix(path, "google/protobuf/") {
			return fmt.Errorf("imports %s, which is not vendored", path)
		}
	}
	return nil
}

func write(name string, body func(io.Writer) error) error {
	var b bytes.Buffer
	if err := body(&b); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // source files, for everyone to read
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644) //nolint:gosec // source files, for everyone to read
}
