package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) diffCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "diff A B",
		Short: "Say what differs between two result folders",
		Long: `diff compares two result folders, each given itself or by its spec, which --variant,
-s and --name then are of: their specs, by key; where they were computed,
by their last runs; and their records. Records of the same point, by its id, are
compared bit for bit.

If they share no id but do share values of parameters, as with another seed or
another version of the model, the replicates of each place are compared as two
samples: for each scalar output and each place the test of Kolmogorov and Smirnov.
The smallest p-values are shown with how many comparisons there were; by
Bonferroni a p-value times that number below 0.05 tells the two apart.

It exits with 6 if the specs or the records differ. Where they were computed is
told and is no difference.`,
		Example: "  sweep diff results/bms-regimes ../laptop/results/bms-regimes",
		Args:    cobra.ExactArgs(2),
	}, true, func(cmd *cobra.Command, args []string) error {
		var sides [2]*side
		for i, arg := range args {
			of := flags
			if isFolder(arg) && !isFolder(args[1-i]) {
				of = specFlags{} // they are the other's
			}
			s, err := a.openSide(arg, of)
			if err != nil {
				return err
			}
			defer s.rows.Close()
			sides[i] = s
		}
		d, err := diff(sides[0], sides[1])
		if err != nil {
			return err
		}
		if a.json {
			err = a.printJSON("sweep.diff/v1", "diff", d)
		} else {
			err = a.printDiff(d)
		}
		if err == nil && !d.Equal {
			err = status(exitDifference)
		}
		return err
	})
	flags.add(cmd)
	return cmd
}

// side is one of the two folders.
type side struct {
	dir  string
	spec *experiment.Spec
	plan *experiment.Plan
	rows *store.Rows
}

// openSide opens a folder, given itself or by its spec, with the plan that its records
// were computed by, which may have been of another version of the model than this
// program's.
func (a *app) openSide(arg string, flags specFlags) (*side, error) {
	on, err := a.judged(arg, flags)
	if err != nil {
		return nil, err
	}
	version, err := store.ModelVersion(on.dir)
	if err != nil {
		return nil, err
	}
	if version > 0 && version != on.spec.Model.Version {
		m := *all.Find(on.spec.Model.Name)
		m.Version = version
		if on, err = a.judgedOf([]*models.Model{&m}, arg, flags); err != nil {
			return nil, err
		}
	}
	s := &side{dir: on.dir, spec: on.spec, plan: on.plan}
	s.rows, err = a.openRows(s.dir, s.plan)
	return s, err
}

// folderDiff is what differs between two folders.
type folderDiff struct {
	A           string       `json:"a"`
	B           string       `json:"b"`
	Equal       bool         `json:"equal"` // specs and records
	Spec        []keyDiff    `json:"spec"`
	Environment []keyDiff    `json:"environment"`
	Records     recordDiff   `json:"records"`
	Columns     []columnDiff `json:"columns"` // of the records in both
	Samples     *sampleDiff  `json:"samples,omitempty"`
}

// keyDiff is a value that differs, "" where there is none.
type keyDiff struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// recordDiff counts records by where they are.
type recordDiff struct {
	A     int64 `json:"a"`
	B     int64 `json:"b"`
	Both  int64 `json:"both"`
	OnlyA int64 `json:"only_a"`
	OnlyB int64 `json:"only_b"`
	// Different counts the points in both whose records differ.
	Different int64 `json:"different"`
}

func diff(a, b *side) (*folderDiff, error) {
	d := &folderDiff{A: a.dir, B: b.dir, Environment: diffEnvironment(a, b)}
	var err error
	if d.Spec, err = diffSpecs(a.spec, b.spec); err != nil {
		return nil, err
	}
	c, err := d.diffRecords(a, b)
	if err != nil {
		return nil, err
	}
	d.Columns = c.columns
	r := &d.Records
	if r.Both == 0 && r.A > 0 && r.B > 0 && a.spec.Model.Name == b.spec.Model.Name {
		if d.Samples, err = diffSamples(a, b); err != nil {
			return nil, err
		}
	}
	d.Equal = len(d.Spec) == 0 && r.OnlyA == 0 && r.OnlyB == 0 && r.Different == 0
	return d, nil
}

// windowRows is how many records of A are held at a time while B goes by: some
// tens of megabytes.
const windowRows = 1 << 16

// diffRecords matches records by id. Where both folders have one plan each window
// of A needs the same trials of B only; else B is read once for each window.
func (d *folderDiff) diffRecords(a, b *side) (*comparison, error) {
	same := a.plan.Hash() == b.plan.Hash()
	c := newComparison(a.spec.Model, nil, a.plan.ChainLen() > 0 && b.plan.ChainLen() > 0)
	r := &d.Records
	r.A, r.B = a.rows.Report().Done, b.rows.Report().Done
	// Another model, version, seed or streams: no identity can be the same.
	apart := a.spec.Setting.Fingerprint() != b.spec.Setting.Fingerprint()
	window := make(map[models.ID]*store.Record)
	from, end := int64(0), int64(0) // the trials of A that the window spans
	match := func() error {
		first, last := int64(0), b.plan.Len()
		if same {
			first, last = from, end
		}
		err := b.rows.Range(store.AllColumns, first, last, func(rec *store.Record) error {
			if other := window[rec.ID]; other != nil {
				c.add(other, rec)
			}
			return nil
		})
		clear(window)
		return err
	}
	if !apart {
		// By A's records, not by its plan, which may have far more trials.
		err := a.rows.Range(store.AllColumns, 0, a.plan.Len(), func(rec *store.Record) error {
			if len(window) == 0 {
				from = rec.Trial
			}
			window[rec.ID], end = rec.Clone(), rec.Trial+1
			if len(window) < windowRows {
				return nil
			}
			return match()
		})
		if err == nil && len(window) > 0 {
			err = match()
		}
		if err != nil {
			return nil, err
		}
	}
	r.Both, r.Different = c.points, c.differ
	// An identity is in a plan once, so what is not in both is in one.
	r.OnlyA, r.OnlyB = r.A-r.Both, r.B-r.Both
	return c, nil
}

// diffEnvironment compares the last runs, and the models' versions.
func diffEnvironment(a, b *side) []keyDiff {
	list := []keyDiff{}
	add := func(key, x, y string) {
		if x != y {
			list = append(list, keyDiff{key, x, y})
		}
	}
	version := func(s *side) string { return fmt.Sprintf("%s version %d", s.spec.Model.Name, s.spec.Model.Version) }
	add("model", version(a), version(b))
	var x, y store.Run
	if r := a.rows.Report().LastRun; r != nil {
		x = *r
	}
	if r := b.rows.Report().LastRun; r != nil {
		y = *r
	}
	add("sweep", x.Sweep, y.Sweep)
	add("commit", x.Commit, y.Commit)
	add("binary", x.Binary, y.Binary)
	add("go", x.Go, y.Go)
	add("arch", x.Arch, y.Arch)
	add("host", x.Host, y.Host)
	add("cpu", x.CPU, y.CPU)
	return list
}

// diffSpecs compares two specs as run, by key, in the order of the keys.
func diffSpecs(a, b *experiment.Spec) ([]keyDiff, error) {
	x, err := specKeys(a)
	if err != nil {
		return nil, err
	}
	y, err := specKeys(b)
	if err != nil {
		return nil, err
	}
	var keys []string
	for key := range x {
		keys = append(keys, key)
	}
	for key := range y {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	list := []keyDiff{}
	for _, key := range slices.Compact(keys) {
		if x[key] != y[key] {
			list = append(list, keyDiff{key, x[key], y[key]})
		}
	}
	return list, nil
}

// specKeys is a spec as run as the text of each value by its path.
func specKeys(s *experiment.Spec) (map[string]string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Resolved(), &doc); err != nil {
		return nil, err
	}
	keys := make(map[string]string)
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		nested := slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode })
		switch {
		case n.Kind == yaml.MappingNode && len(n.Content) > 0:
			for i := 0; i+1 < len(n.Content); i += 2 {
				walk(n.Content[i+1], strings.TrimPrefix(path+"."+n.Content[i].Value, "."))
			}
		case n.Kind == yaml.SequenceNode && nested:
			for i, c := range n.Content {
				walk(c, fmt.Sprintf("%s[%d]", path, i))
			}
		case n.Kind == yaml.SequenceNode:
			var items []string
			for _, c := range n.Content {
				items = append(items, c.Value)
			}
			keys[path] = "[" + strings.Join(items, ", ") + "]"
		case n.Kind == yaml.MappingNode:
			keys[path] = "{}"
		default:
			keys[path] = strings.TrimSpace(n.Value)
		}
	}
	if len(doc.Content) > 0 {
		walk(doc.Content[0], "")
	}
	return keys, nil
}

func (a *app) printDiff(d *folderDiff) error {
	fmt.Fprintf(a.stdout, "A: %s\nB: %s\n", plain.Text(d.A), plain.Text(d.B))
	for _, part := range []struct {
		name string
		list []keyDiff
	}{{"spec", d.Spec}, {"environment", d.Environment}} {
		if len(part.list) == 0 {
			fmt.Fprintf(a.stdout, "\n%s: equal\n", part.name)
			continue
		}
		fmt.Fprintf(a.stdout, "\n%s:\n", part.name)
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, k := range part.list {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", plain.Text(k.Key), oneLine(k.A), oneLine(k.B))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	r := d.Records
	fmt.Fprintf(a.stdout, "\nrecords: %d in both, %d only in A, %d only in B\n", r.Both, r.OnlyA, r.OnlyB)
	switch {
	case r.Both > 0 && r.Different == 0:
		fmt.Fprintln(a.stdout, "those in both are equal, bit for bit")
	case r.Both > 0:
		fmt.Fprintf(a.stdout, "DIFFERENT: %d of those in both\n", r.Different)
		if err := a.printColumns(d.Columns); err != nil {
			return err
		}
	}
	if d.Samples != nil {
		return a.printSamples(d.Samples)
	}
	return nil
}

// oneLine is a value of a spec in a table.
func oneLine(text string) string {
	text = plain.Text(strings.Join(strings.Fields(text), " "))
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return orDash(text)
}
