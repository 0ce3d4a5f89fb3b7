package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// build says what programs were built from, and for what.
type build struct {
	Arch, Version, Revision string
	Created                 time.Time
}

// The user of the manifests in deploy/k8s. It needs no entry in a passwd.
const user = "65532:65532"

// imageOf makes the image of a program.
func imageOf(program string, b build) (v1.Image, error) {
	if err := checkStatic(program); err != nil {
		return nil, err
	}
	layer, err := layerOf(program, b.Created)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(program)
	image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: v1.History{
		Created: v1.Time{Time: b.Created}, CreatedBy: "the program " + base,
	}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy() // with the layer in it
	config.OS, config.Architecture, config.Created = "linux", b.Arch, v1.Time{Time: b.Created}
	config.Config = v1.Config{
		Entrypoint: []string{"/" + base},
		User:       user,
		Labels: map[string]string{
			"org.opencontainers.image.title":    base,
			"org.opencontainers.image.version":  b.Version,
			"org.opencontainers.image.revision": b.Revision,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return mutate.ConfigFile(image, config)
}

var errNotStatic = errors.New("needs an interpreter, which the image does not have: build it with CGO_ENABLED=0")

func checkStatic(program string) error {
	file, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return errNotStatic
		}
	}
	return nil
}

// layerOf holds a program in the root folder, where everybody may run it and nobody write it.
func layerOf(program string, created time.Time) (v1.Layer, error) {
	content, err := os.ReadFile(program) //nolint:gosec // it is named on the command line
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	header := &tar.Header{Name: filepath.Base(program), Mode: 0o555, Size: int64(len(content)), ModTime: created, Typeflag: tar.TypeReg}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil })
}
