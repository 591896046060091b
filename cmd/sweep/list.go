package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

// modelInfo is a model in JSON.
type modelInfo struct {
	Name    string       `json:"name"`
	Version int          `json:"version"`
	Summary string       `json:"summary"`
	Doc     string       `json:"doc,omitempty"`
	Params  []paramInfo  `json:"params,omitempty"`
	OneOf   [][]string   `json:"one_of,omitempty"`
	Outputs []outputInfo `json:"outputs,omitempty"`
	Streams []streamInfo `json:"streams,omitempty"`
	Size    []string     `json:"size,omitempty"`
	Traces  []traceInfo  `json:"traces,omitempty"`
	Carries bool         `json:"carries,omitempty"`

	Measures []measureInfo `json:"measures,omitempty"`
}

// measureInfo is something that a spec may ask of a model.
type measureInfo struct {
	Name    string       `json:"name"`
	Doc     string       `json:"doc"`
	Asked   bool         `json:"asked"` // where a spec does not say
	Params  []paramInfo  `json:"params,omitempty"`
	Outputs []outputInfo `json:"outputs"`
	Streams []streamInfo `json:"streams,omitempty"`
}

type paramInfo struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Default string   `json:"default,omitempty"`
	Range   string   `json:"range,omitempty"`
	Choices []string `json:"choices,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Doc     string   `json:"doc"`
}

type outputInfo struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Length string   `json:"length,omitempty"` // of every series, as a function of parameters
	Labels []string `json:"labels,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Doc    string   `json:"doc"`
}

type traceInfo struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Time string `json:"time_unit"`
	Doc  string `json:"doc"`
}

type streamInfo struct {
	Name    string   `json:"name"`
	Depends []string `json:"depends"`
}

func paramNames(params []models.Param) []string {
	names := []string{}
	for _, p := range params {
		names = append(names, p.Decl().Name)
	}
	return names
}

func info(m *models.Model) modelInfo {
	i := modelInfo{Name: m.Name, Version: m.Version, Summary: m.Summary(), Doc: m.Help()}
	bare := m.Asking()
	i.Params, i.Outputs, i.Streams = paramInfos(bare.Params), outputInfos(bare.Outputs), streamInfos(bare.Streams)
	for _, x := range m.Measures {
		i.Measures = append(i.Measures, measureInfo{x.Name, x.Doc, m.Asks(x), paramInfos(x.Params), outputInfos(x.Outputs), streamInfos(x.Streams)})
	}
	for _, group := range m.OneOf {
		i.OneOf = append(i.OneOf, paramNames(group))
	}
	for _, tr := range m.Traces {
		i.Traces = append(i.Traces, traceInfo{tr.Name, tr.Unit, tr.Time, tr.Doc})
	}
	if len(m.Size) > 0 {
		i.Size = paramNames(m.Size)
	}
	i.Carries = m.Carries
	return i
}

func paramInfos(params []models.Param) (list []paramInfo) {
	for _, p := range params {
		d := p.Decl()
		list = append(list, paramInfo{d.Name, d.Kind.String(), d.Default.String(), d.Range(), d.Choices, d.Unit, d.Doc})
	}
	return list
}

func outputInfos(outputs []models.Output) (list []outputInfo) {
	for _, o := range outputs {
		d := o.Decl()
		length := ""
		if d.Length != nil {
			length = d.Length.Text
		}
		list = append(list, outputInfo{d.Name, d.Kind.String(), length, d.Labels, d.Unit, d.Doc})
	}
	return list
}

func streamInfos(streams []*models.Stream) (list []streamInfo) {
	for _, s := range streams {
		list = append(list, streamInfo{s.Name, paramNames(s.Depends)})
	}
	return list
}

// row is the parameter as a line of a table.
func (p paramInfo) row() string {
	kind := p.Kind
	if len(p.Choices) > 0 {
		kind = strings.Join(p.Choices, " | ")
	}
	def := p.Default
	if def == "" {
		def = "not set"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", p.Name, kind, def, p.Range, p.Unit, p.Doc)
}

// row is the output as a line of a table.
func (o outputInfo) row() string {
	kind := o.Kind
	if o.Length != "" {
		kind += " of " + o.Length
	}
	if len(o.Labels) > 0 {
		kind = strings.Join(o.Labels, " | ")
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s", o.Name, kind, o.Unit, o.Doc)
}

func (a *app) modelsCommand() *cobra.Command {
	return a.verb(&cobra.Command{
		Use:   "models",
		Short: "List the models",
		Args:  cobra.NoArgs,
	}, true, func(cmd *cobra.Command, args []string) error {
		if a.json {
			var list []modelInfo
			for _, m := range all.Models {
				list = append(list, info(m))
			}
			return a.printJSON("sweep.models/v1", "models", list)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, m := range all.Models {
			fmt.Fprintf(w, "%s\t%s\n", m.Name, m.Summary())
		}
		return w.Flush()
	})
}

func (a *app) describeCommand() *cobra.Command {
	cmd := a.verb(&cobra.Command{
		Use:   "describe MODEL",
		Short: "Explain a model: equation, parameters, outputs, streams",
		Args:  cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		m := all.Find(args[0])
		if m == nil {
			var names []string
			for _, m := range all.Models {
				names = append(names, m.Name)
			}
			return fmt.Errorf("there is no model %q; the models are %s", args[0], strings.Join(names, ", "))
		}
		i := info(m)
		if a.json {
			return a.printJSON("sweep.model/v1", "model", i)
		}
		fmt.Fprintf(a.stdout, "%s, version %d\n\n%s\n", m.Name, m.Version, m.Help())
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "\nParameters\n")
		for _, p := range i.Params {
			fmt.Fprintf(w, "  %s\n", p.row())
		}
		for _, group := range i.OneOf {
			fmt.Fprintf(w, "  give one of %s\n", strings.Join(group, ", "))
		}
		fmt.Fprintf(w, "\nOutputs\n")
		for _, o := range i.Outputs {
			fmt.Fprintf(w, "  %s\n", o.row())
		}
		if len(i.Traces) > 0 {
			fmt.Fprintf(w, "\nTraces, which record keeps and sweep replay --record writes\n")
		}
		for _, tr := range i.Traces {
			fmt.Fprintf(w, "  %s\tover %s\t%s\t%s\n", tr.Name, tr.Time, tr.Unit, tr.Doc)
		}
		if len(i.Streams) > 0 {
			fmt.Fprintf(w, "\nRandom streams\n")
		}
		for _, s := range i.Streams {
			on := strings.Join(s.Depends, ", ")
			if on == "" {
				on = "nothing else"
			}
			fmt.Fprintf(w, "  %s\tdepends on seed, replicate and %s\n", s.Name, on)
		}
		if len(i.Measures) > 0 {
			fmt.Fprintf(w, "\nMeasures, asked for under measure\n")
		}
		for _, x := range i.Measures {
			asked := ""
			if x.Asked {
				asked = " (asked for if a spec does not say)"
			}
			fmt.Fprintf(w, "  %s: %s%s\n", x.Name, x.Doc, asked)
			for _, p := range x.Params {
				fmt.Fprintf(w, "    parameter\t%s\n", p.row())
			}
			for _, o := range x.Outputs {
				fmt.Fprintf(w, "    output\t%s\n", o.row())
			}
			for _, s := range x.Streams {
				fmt.Fprintf(w, "    stream\t%s\n", s.Name)
			}
		}
		if i.Carries {
			fmt.Fprintf(w, "\nHands its state on along the axis that a spec carries.\n")
		}
		return w.Flush()
	})
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, m := range all.Models {
			names = append(names, m.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}
