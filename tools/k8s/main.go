// Command k8s renders deploy/k8s, decodes every object strictly into the types of the Kubernetes API, and checks what
// those types cannot say: that the parts refer to each other, and that the environment is one that Picket knows.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("k8s: ")
	root := flag.String("root", ".", "root of the repository")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*root); err != nil {
		log.Fatal(err)
	}
}

func run(root string) error {
	base, err := load(filepath.Join(root, "deploy", "k8s"))
	if err != nil {
		return err
	}
	facts, err := readFacts(root)
	if err != nil {
		return err
	}
	if problems := check(base, facts); len(problems) > 0 {
		return errors.Join(problems...)
	}
	fmt.Printf("deploy/k8s: %d objects are sound\n", len(base.objects))
	return nil
}

func check(m manifests, f facts) []error {
	var problems []error
	for _, check := range []func(manifests, facts) []error{checkNamespaces, checkPods, checkEnvironment, checkSecrets, checkServices} {
		problems = append(problems, check(m, f)...)
	}
	return problems
}
