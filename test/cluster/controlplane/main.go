// Command controlplane is Kubernetes' control plane in one file: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and
// kubectl. Which of them it is depends on the name it is started by, so five links to one binary make five programs, and a build
// links once.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl's exec and OIDC users
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// endWithStdin names the variable that makes a server live no longer than whoever holds the other end of its standard input. A kill -9
// of the holder closes the pipe too, so nothing outlives a test run.
const endWithStdin = "CONTROLPLANE_ENDS_WITH_STDIN"

// servers run until they are killed.
var servers = map[string]func(){
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          serve(apiserver.NewAPIServerCommand),
	"kube-controller-manager": serve(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          serve(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
}

// serve waits with making the command until it is the one that is wanted: making one registers flags and metrics for the whole process.
func serve(command func() *cobra.Command) func() {
	return func() { os.Exit(cli.Run(command())) }
}

func main() {
	name := filepath.Base(os.Args[0])
	if name == "kubectl" {
		kubectlutil.CheckErr(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
		return
	}
	server, known := servers[name]
	if !known {
		names := append(slices.Sorted(maps.Keys(servers)), "kubectl")
		fmt.Fprintf(os.Stderr, "%s: link this file to one of these names and start that: %s\n", name, strings.Join(names, ", "))
		os.Exit(2)
	}
	if os.Getenv(endWithStdin) != "" {
		go exitAtEOF(os.Stdin)
	}
	server()
}

func exitAtEOF(pipe io.Reader) {
	_, _ = io.Copy(io.Discard, pipe)
	os.Exit(0)
}
