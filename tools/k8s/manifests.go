package main

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifests are the objects of a kustomization.
type manifests struct {
	objects   []metav1.Object
	workloads []workload
	services  []*corev1.Service
}

// A workload is what makes pods.
type workload struct {
	kind     string // Deployment or Job
	meta     *metav1.ObjectMeta
	template *corev1.PodTemplateSpec
}

func (w workload) String() string { return w.kind + " " + w.meta.Name }

// service is the name of the Picket service that the workload belongs to, such as "ingest".
func (w workload) service() string {
	return strings.TrimPrefix(w.template.Labels["app.kubernetes.io/name"], "picket-")
}

// decoder knows the API groups that deploy/k8s uses, and refuses fields that they do not have.
var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two types of one name in the Kubernetes API
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}()

// load renders a kustomization and decodes what comes out.
func load(dir string) (manifests, error) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return manifests{}, fmt.Errorf("render %s: %w", dir, err)
	}
	var m manifests
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return manifests{}, fmt.Errorf("render %s: %w", resource.CurId(), err)
		}
		if err := m.add(text); err != nil {
			return manifests{}, fmt.Errorf("decode %s: %w", resource.CurId(), err)
		}
	}
	return m, nil
}

// add decodes the YAML of one object.
func (m *manifests) add(text []byte) error {
	decoded, _, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return err
	}
	object, ok := decoded.(metav1.Object)
	if !ok {
		return fmt.Errorf("a %T has no metadata", decoded)
	}
	m.objects = append(m.objects, object)
	switch o := decoded.(type) {
	case *appsv1.Deployment:
		m.workloads = append(m.workloads, workload{"Deployment", &o.ObjectMeta, &o.Spec.Template})
	case *batchv1.Job:
		m.workloads = append(m.workloads, workload{"Job", &o.ObjectMeta, &o.Spec.Template})
	case *corev1.Service:
		m.services = append(m.services, o)
	case *corev1.Namespace:
	default:
		return fmt.Errorf("nothing here checks a %T", decoded)
	}
	return nil
}
