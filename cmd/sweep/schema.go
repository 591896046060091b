package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
)

func (a *app) schemaCommand() *cobra.Command {
	return a.verb(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of specs, for editors",
		Long: `schema prints a JSON Schema of specs, made of the models' declarations. An editor
that knows it completes keys and marks mistakes:

  sweep schema > spec.schema.json
  # yaml-language-server: $schema=spec.schema.json   (first line of a spec)

'sweep check' finds what a schema cannot say.`,
		Args: cobra.NoArgs,
	}, false, func(*cobra.Command, []string) error {
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(experiment.Schema(all.Models))
	})
}
