package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// checkNamespaces: every object lives in the one namespace, whose label restricts its pods.
func checkNamespaces(m manifests, _ facts) []error {
	var problems []error
	for _, object := range m.objects {
		if namespace, ok := object.(*corev1.Namespace); ok {
			if namespace.Labels[api.EnforceLevelLabel] != string(api.LevelRestricted) {
				problems = append(problems, fmt.Errorf("namespace %s does not enforce restricted pods", namespace.Name))
			}
		} else if object.GetNamespace() != "picket" {
			problems = append(problems, fmt.Errorf("%T %s is not in the namespace picket", object, object.GetName()))
		}
	}
	return problems
}

func checkPods(m manifests, _ facts) []error {
	var problems []error
	for _, w := range m.workloads {
		spec := w.template.Spec
		if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
			problems = append(problems, fmt.Errorf("%s: enableServiceLinks is not false", w))
		}
		problems = append(problems, checkRestricted(w)...)
		for _, container := range spec.Containers {
			if w.kind != "Job" {
				problems = append(problems, checkProbes(w, container)...)
			}
			if container.Resources.Requests.Memory().IsZero() || container.Resources.Limits.Memory().IsZero() {
				problems = append(problems, fmt.Errorf("%s: container %s has no memory request or no limit", w, container.Name))
			}
			if c := container.SecurityContext; c == nil || c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem {
				problems = append(problems, fmt.Errorf("%s: container %s may write to its root file system", w, container.Name))
			}
		}
	}
	return problems
}

func checkProbes(w workload, container corev1.Container) []error {
	var problems []error
	probes := map[string]*corev1.Probe{
		"startup": container.StartupProbe, "readiness": container.ReadinessProbe, "liveness": container.LivenessProbe,
	}
	for name, probe := range probes {
		switch {
		case probe == nil || probe.GRPC == nil:
			problems = append(problems, fmt.Errorf("%s: container %s has no %s probe over gRPC", w, container.Name, name))
		case !hasPort(container, probe.GRPC.Port):
			problems = append(problems, fmt.Errorf("%s: the %s probe asks port %d, which the container does not have", w, name, probe.GRPC.Port))
		case asks(probe, databaseHealth) != (name == "startup"):
			problems = append(problems, fmt.Errorf("%s: the startup probe, and no other, has to ask for the %s", w, databaseHealth))
		}
	}
	return problems
}

// databaseHealth is pkg/grpcserver's. A pod waits for its database at first and stays without it later.
const databaseHealth = "database"

func asks(probe *corev1.Probe, part string) bool {
	return probe.GRPC.Service != nil && *probe.GRPC.Service == part
}

func hasPort(container corev1.Container, number int32) bool {
	for _, port := range container.Ports {
		if port.ContainerPort == number {
			return true
		}
	}
	return false
}

// checkRestricted applies the Pod Security Standard that the namespace enforces.
func checkRestricted(w workload) []error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []error{err}
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &metav1.ObjectMeta{}, &w.template.Spec))
	if result.Allowed {
		return nil
	}
	return []error{fmt.Errorf("%s: not a restricted pod: %s", w, result.ForbiddenDetail())}
}
