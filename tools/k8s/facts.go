package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// facts are what the rest of the repository says that the manifests must agree with.
type facts struct {
	known    []string                   // names of variables, from pkg/config
	required map[string][]string        // names without which a workload does not start, by kind and service: "Job ingest"
	secrets  map[string]map[string]bool // keys of the Secrets that the README has an operator make
}

func readFacts(root string) (facts, error) {
	f := facts{required: make(map[string][]string)}
	var err error
	if f.known, err = knownNames(filepath.Join(root, "pkg", "config", "config.go")); err != nil {
		return facts{}, err
	}
	mains, err := filepath.Glob(filepath.Join(root, "services", "*", "main.go"))
	if err != nil {
		return facts{}, err
	}
	for _, name := range mains {
		dir := filepath.Dir(name)
		if err := f.addRequired(filepath.Base(dir), filepath.Join(dir, "config.go")); err != nil {
			return facts{}, err
		}
	}
	readme, err := os.ReadFile(filepath.Join(root, "deploy", "k8s", "README.md")) //nolint:gosec // the caller names its own repository
	if err != nil {
		return facts{}, err
	}
	f.secrets = documentedSecrets(string(readme))
	return f, nil
}

// knownNames reads the list that pkg/config keeps to itself.
func knownNames(name string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "known" {
			return true
		}
		ast.Inspect(spec, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					names = append(names, text)
				}
			}
			return true
		})
		return false
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no list of known names", name)
	}
	return names, nil
}

// addRequired reads the tags of a service's configuration. A struct with migrate in its name is the Job's; where there
// is none the Job reads what the Deployment reads.
func (f *facts) addRequired(service, name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: a service without a configuration", name)
	}
	if err != nil {
		return err
	}
	var serve, migrate []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		names := requiredIn(spec)
		if strings.Contains(strings.ToLower(spec.Name.Name), "migrate") {
			migrate = append(migrate, names...)
		} else {
			serve = append(serve, names...)
		}
		return false
	})
	if migrate == nil {
		migrate = serve
	}
	f.required["Deployment "+service], f.required["Job "+service] = serve, migrate
	return nil
}

func requiredIn(spec *ast.TypeSpec) []string {
	var names []string
	ast.Inspect(spec, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("env")
		name, options, _ := strings.Cut(tag, ",")
		if o := strings.Split(options, ","); slices.Contains(o, "required") || slices.Contains(o, "notEmpty") {
			names = append(names, name)
		}
		return true
	})
	return names
}

var (
	createSecret = regexp.MustCompile(`create secret generic (\S+)(.*)`)
	secretKey    = regexp.MustCompile(`--from-file=([^=\s]+)=`)
)

func documentedSecrets(readme string) map[string]map[string]bool {
	secrets := make(map[string]map[string]bool)
	for _, command := range createSecret.FindAllStringSubmatch(readme, -1) {
		keys := make(map[string]bool)
		for _, key := range secretKey.FindAllStringSubmatch(command[2], -1) {
			keys[key[1]] = true
		}
		secrets[command[1]] = keys
	}
	return secrets
}
