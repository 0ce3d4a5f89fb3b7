package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// checkSecrets: the README tells how to make every Secret and key that a pod mounts, and no others.
func checkSecrets(m manifests, f facts) []error {
	var problems []error
	used := make(map[string]bool)
	for _, w := range m.workloads {
		for _, volume := range w.template.Spec.Volumes {
			if volume.Secret == nil {
				continue
			}
			name := volume.Secret.SecretName
			used[name] = true
			keys, ok := f.secrets[name]
			if !ok {
				problems = append(problems, fmt.Errorf("%s: the README makes no Secret %s", w, name))
				continue
			}
			for _, item := range volume.Secret.Items {
				if !keys[item.Key] {
					problems = append(problems, fmt.Errorf("%s: the README gives the Secret %s no key %s", w, name, item.Key))
				}
			}
		}
		problems = append(problems, checkMounts(w)...)
	}
	for name := range f.secrets {
		if !used[name] {
			problems = append(problems, fmt.Errorf("the README makes the Secret %s, which no pod mounts", name))
		}
	}
	return problems
}

func checkMounts(w workload) []error {
	var problems []error
	for _, container := range w.template.Spec.Containers {
		for _, mount := range container.VolumeMounts {
			if !mount.ReadOnly {
				problems = append(problems, fmt.Errorf("%s: %s is mounted to be written to", w, mount.MountPath))
			}
		}
	}
	return problems
}

// checkServices: every Service is headless and selects the pods of one Deployment, which listen at its ports, and no
// Job's.
func checkServices(m manifests, _ facts) []error {
	var problems []error
	for _, service := range m.services {
		if service.Spec.ClusterIP != corev1.ClusterIPNone {
			problems = append(problems, fmt.Errorf("service %s is not headless", service.Name))
		}
		var deployments int
		selector := labels.SelectorFromSet(service.Spec.Selector)
		for _, w := range m.workloads {
			if !selector.Matches(labels.Set(w.template.Labels)) {
				continue
			}
			if w.kind == "Job" {
				problems = append(problems, fmt.Errorf("service %s selects the pods of %s", service.Name, w))
				continue
			}
			deployments++
			problems = append(problems, checkPorts(service, w)...)
		}
		if deployments != 1 {
			problems = append(problems, fmt.Errorf("service %s selects the pods of %d Deployments", service.Name, deployments))
		}
	}
	return problems
}

// checkPorts: a headless Service does not translate ports, so its numbers must be those of the container.
func checkPorts(service *corev1.Service, w workload) []error {
	var problems []error
	for _, port := range service.Spec.Ports {
		if !hasPort(w.template.Spec.Containers[0], port.Port) {
			problems = append(problems, fmt.Errorf("service %s: the pods of %s do not listen at %d", service.Name, w, port.Port))
		}
	}
	return problems
}
