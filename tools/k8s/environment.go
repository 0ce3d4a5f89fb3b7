package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// checkEnvironment: every name is one that Picket knows, every required one is there, every file is mounted, and every
// target is a port of a Service.
func checkEnvironment(m manifests, f facts) []error {
	var problems []error
	for _, w := range m.workloads {
		for _, container := range w.template.Spec.Containers {
			for _, variable := range container.Env {
				if err := checkVariable(m, f, w, container, variable); err != nil {
					problems = append(problems, fmt.Errorf("%s: %s: %w", w, variable.Name, err))
				}
			}
			for _, name := range f.required[w.kind+" "+w.service()] {
				if !slices.ContainsFunc(container.Env, func(v corev1.EnvVar) bool { return v.Name == name || v.Name == name+"_FILE" }) {
					problems = append(problems, fmt.Errorf("%s: %s is required and not set", w, name))
				}
			}
		}
	}
	return problems
}

func checkVariable(m manifests, f facts, w workload, container corev1.Container, variable corev1.EnvVar) error {
	name, isFile := strings.CutSuffix(variable.Name, "_FILE")
	switch {
	case !strings.HasPrefix(name, "PICKET_"):
		return nil
	case !slices.Contains(f.known, name):
		return fmt.Errorf("not in the list of pkg/config")
	case isFile && !slices.Contains(files(w, container), variable.Value):
		return fmt.Errorf("nothing is mounted at %s", variable.Value)
	case !isFile && strings.HasSuffix(name, "_URL"):
		return fmt.Errorf("may hold a password: give it by %s_FILE", name)
	case strings.HasSuffix(name, "_TARGET") && !slices.Contains(targets(m), variable.Value):
		return fmt.Errorf("no Service has a port for %s", variable.Value)
	}
	return nil
}

// files are the paths at which a container finds the keys of its Secrets.
func files(w workload, container corev1.Container) []string {
	var paths []string
	for _, mount := range container.VolumeMounts {
		for _, volume := range w.template.Spec.Volumes {
			if volume.Name != mount.Name || volume.Secret == nil {
				continue
			}
			for _, item := range volume.Secret.Items {
				paths = append(paths, path.Join(mount.MountPath, item.Path))
			}
		}
	}
	return paths
}

func targets(m manifests) []string {
	var targets []string
	for _, service := range m.services {
		for _, port := range service.Spec.Ports {
			targets = append(targets, fmt.Sprintf("dns:///%s:%d", service.Name, port.Port))
		}
	}
	return targets
}
