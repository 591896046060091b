package main

import (
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) configCommand() *cobra.Command {
	return a.verb(&cobra.Command{
		Use:   "config",
		Short: "Show each setting with its value and where it comes from",
		Args:  cobra.NoArgs,
	}, true, func(cmd *cobra.Command, args []string) error {
		type row struct {
			Key    string `json:"key"`
			Value  string `json:"value"`
			Origin string `json:"origin"`
		}
		var rows []row
		for _, d := range settingsList {
			rows = append(rows, row{d.key, a.settings.viper.GetString(d.key), a.settings.origins[d.key]})
		}
		if a.json {
			return a.printJSON("sweep.config/v1", "settings", rows)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.Key, plain.Text(r.Value), plain.Text(r.Origin))
		}
		return w.Flush()
	})
}

func (a *app) versionCommand() *cobra.Command {
	return a.verb(&cobra.Command{
		Use:   "version",
		Short: "Say which sweep this is",
		Args:  cobra.NoArgs,
	}, true, func(cmd *cobra.Command, args []string) error {
		if a.json {
			return a.printJSON("sweep.version/v1", "version", map[string]string{
				"sweep": store.Version(), "commit": store.Commit(), "go": runtime.Version(), "arch": store.Arch(), "os": runtime.GOOS,
			})
		}
		fmt.Fprintf(a.stdout, "sweep %s %s %s/%s\n", store.Version(), runtime.Version(), runtime.GOOS, store.Arch())
		if c := store.Commit(); c != "" {
			fmt.Fprintf(a.stdout, "commit %s\n", c)
		}
		return nil
	})
}
