package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var made = build{Arch: runtime.GOARCH, Version: "v1", Revision: "abc", Created: time.Unix(1_700_000_000, 0).UTC()}

// built is this program, built as any other would be.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "picket-images-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "picket-some")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func written(t *testing.T, path string) v1.Image {
	t.Helper()
	archive, err := write(t.TempDir(), path, made)
	if err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestAnImageIsItsProgramAlone(t *testing.T) {
	t.Parallel()
	path := program(t)
	image := written(t, path)
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	if config.OS != "linux" || config.Architecture != runtime.GOARCH || strings.Join(c.Entrypoint, " ") != "/picket-some" || c.User != "65532:65532" ||
		c.Labels["org.opencontainers.image.version"] != "v1" || c.Labels["org.opencontainers.image.revision"] != "abc" {
		t.Errorf("its configuration is %+v", config)
	}
	content := mutate.Extract(image)
	defer content.Close()
	files := tar.NewReader(content)
	header, err := files.Next()
	if err != nil || header.Name != "picket-some" || header.Mode != 0o555 || header.Uid != 0 {
		t.Fatalf("its first file is %+v (%v)", header, err)
	}
	packed, err := io.ReadAll(files)
	if err != nil {
		t.Fatal(err)
	}
	if original, err := os.ReadFile(path); err != nil || string(packed) != string(original) {
		t.Errorf("the program was changed (%v)", err)
	}
	if _, err := files.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("it holds something else: %v", err)
	}
}

func TestTheSameBuildIsTheSameImage(t *testing.T) {
	t.Parallel()
	path := program(t)
	first, err1 := written(t, path).Digest()
	second, err2 := written(t, path).Digest()
	if err1 != nil || err2 != nil || first != second {
		t.Errorf("%v (%v) and %v (%v)", first, err1, second, err2)
	}
}

// As an engine does: alone in a root folder, as a user without rights.
func TestTheProgramRunsInItsImage(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may change the root folder")
	}
	root := t.TempDir()
	content := mutate.Extract(written(t, program(t)))
	defer content.Close()
	untar := exec.Command("tar", "-xC", root)
	untar.Stdin = content
	if out, err := untar.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("/picket-some", "-out", "/", "nothing")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	if out, err := cmd.CombinedOutput(); !strings.Contains(string(out), "images: nothing: ") {
		t.Errorf("it said %q (%v)", out, err)
	}
}

func TestAProgramThatNeedsLibrariesIsRefused(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := write(t.TempDir(), shell, made); !errors.Is(err, errNotStatic) {
		t.Errorf("got %v", err)
	}
}
