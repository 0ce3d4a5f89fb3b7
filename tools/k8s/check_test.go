package main

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const repository = "../.."

func TestWhatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(in *input)
		want  string
	}{
		{"an unknown name", func(in *input) { in.env("PICKET_DATABASE_URL_FILE").Name = "PICKET_DATABSE_URL_FILE" }, "PICKET_DATABSE_URL_FILE: not in the list"},
		{"a required name is missing", func(in *input) { in.env("PICKET_DATABASE_URL_FILE").Name = "OTHER" }, "PICKET_DATABASE_URL is required"},
		{"a file that is not mounted", func(in *input) { in.env("PICKET_DATABASE_URL_FILE").Value += "s" }, "nothing is mounted"},
		{"a secret in the open", func(in *input) { in.env("PICKET_DATABASE_URL_FILE").Name = "PICKET_DATABASE_URL" }, "may hold a password"},
		{"a target that no Service has", func(in *input) { in.env("PICKET_METRICS_ADDR").Name = "PICKET_GROUPING_TARGET" }, "no Service has a port"},
		{"service links", func(in *input) { in.pod().EnableServiceLinks = nil }, "enableServiceLinks"},
		{"a missing probe", func(in *input) { in.container().LivenessProbe = nil }, "no liveness probe"},
		{"a probe of another port", func(in *input) { in.container().ReadinessProbe.GRPC.Port = 1 }, "asks port 1"},
		{"a pod that leaves without its database", func(in *input) { in.container().ReadinessProbe = in.container().StartupProbe }, "and no other"},
		{"a pod as root", func(in *input) { in.pod().SecurityContext.RunAsNonRoot = nil }, "not a restricted pod"},
		{"a writable root file system", func(in *input) { in.container().SecurityContext.ReadOnlyRootFilesystem = nil }, "may write"},
		{"no memory limit", func(in *input) { in.container().Resources.Limits = nil }, "no memory request or no limit"},
		{"a Secret that nobody makes", func(in *input) { in.pod().Volumes[0].Secret.SecretName = "other" }, "makes no Secret other"},
		{"a key that nobody makes", func(in *input) { in.pod().Volumes[0].Secret.Items[0].Key = "other" }, "no key other"},
		{"a Secret that nobody needs", func(in *input) { in.facts.secrets["other"] = nil }, "which no pod mounts"},
		{"a writable mount", func(in *input) { in.container().VolumeMounts[0].ReadOnly = false }, "to be written to"},
		{"a selector of nothing", func(in *input) { in.service().Spec.Selector["other"] = "label" }, "of 0 Deployments"},
		{"a selector of a migration", func(in *input) { delete(in.service().Spec.Selector, "app.kubernetes.io/component") }, "selects the pods of Job"},
		{"a port where nobody listens", func(in *input) { in.service().Spec.Ports[0].Port = 1 }, "do not listen at 1"},
		{"a virtual address", func(in *input) { in.service().Spec.ClusterIP = "" }, "not headless"},
		{"another namespace", func(in *input) { in.service().Namespace = "default" }, "not in the namespace"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := readInput(t)
			test.spoil(in)
			got := errors.Join(check(in.manifests, in.facts)...)
			if got == nil || !strings.Contains(got.Error(), test.want) {
				t.Errorf("check: %v, want a problem that says %q", got, test.want)
			}
		})
	}
}

// input is what the repository has, to be spoilt at its grouping service, whose Deployment is sound as it is.
type input struct {
	manifests manifests
	facts     facts
}

func readInput(t *testing.T) *input {
	t.Helper()
	m, err := load(repository + "/deploy/k8s")
	if err != nil {
		t.Fatal(err)
	}
	f, err := readFacts(repository)
	if err != nil {
		t.Fatal(err)
	}
	return &input{m, f}
}

func (in *input) pod() *corev1.PodSpec {
	for _, w := range in.manifests.workloads {
		if w.kind == "Deployment" && w.service() == "grouping" {
			return &w.template.Spec
		}
	}
	panic("no Deployment of grouping")
}

func (in *input) container() *corev1.Container { return &in.pod().Containers[0] }

func (in *input) env(name string) *corev1.EnvVar {
	env := in.container().Env
	for i := range env {
		if env[i].Name == name {
			return &env[i]
		}
	}
	panic("no variable " + name)
}

func (in *input) service() *corev1.Service {
	for _, service := range in.manifests.services {
		if service.Name == "picket-grouping" {
			return service
		}
	}
	panic("no Service of grouping")
}
