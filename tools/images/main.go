// Command images makes container images of programs, without an engine and without a base: an image holds the static program
// and nothing else. It writes an archive for each, which docker load, podman load, kind load image-archive, ctr images import and
// crane push take.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("images: ")
	out := flag.String("out", "", "folder of the archives")
	arch := flag.String("arch", "", "architecture that the programs are built for, as Go names it")
	version := flag.String("version", "", "tag of the images")
	revision := flag.String("revision", "", "commit that the programs are built from")
	created := flag.Int64("created", 0, "when the commit was made, in seconds since 1970, so that the same commit makes the same image")
	flag.Parse()
	build := build{Arch: *arch, Version: *version, Revision: *revision, Created: time.Unix(*created, 0).UTC()}
	if err := os.MkdirAll(*out, 0o750); err != nil {
		log.Fatal(err)
	}
	for _, program := range flag.Args() {
		archive, err := write(*out, program, build)
		if err != nil {
			log.Fatalf("%s: %v", program, err)
		}
		fmt.Println(archive)
	}
}

func write(folder, program string, b build) (archive string, err error) {
	image, err := imageOf(program, b)
	if err != nil {
		return "", err
	}
	base := filepath.Base(program)
	tag, err := name.NewTag(base + ":" + b.Version)
	if err != nil {
		return "", err
	}
	archive = filepath.Join(folder, base+"-"+b.Arch+".tar")
	return archive, tarball.WriteToFile(archive, tag, image)
}
