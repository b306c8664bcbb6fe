// Command gotemplate renders templates with Go's own text/template: one JSON object {"template", "data"} per line of standard input,
// one {"out", "err"} per line of standard output. The differential test compares our engine with it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

type request struct {
	Template string `json:"template"`
	Data     any    `json:"data"`
}

type response struct {
	Out string `json:"out"`
	Err string `json:"err"`
}

// typed gives JSON numbers the types that B30 gives them: int64 where they are whole and fit one, else float64.
func typed(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			panic(err)
		}
		return f
	case []any:
		list := make([]any, len(v)) // capacity and length are the same: slice cannot reach behind the end
		for i, element := range v {
			list[i] = typed(element)
		}
		return list
	case map[string]any:
		for key, element := range v {
			v[key] = typed(element)
		}
	}
	return value
}

func render(r request) (answer response) {
	defer func() {
		if p := recover(); p != nil {
			answer = response{Err: fmt.Sprint("panic: ", p)}
		}
	}()
	parsed, err := template.New("t").Parse(r.Template)
	if err != nil {
		return response{Err: err.Error()}
	}
	var out strings.Builder
	if err := parsed.Execute(&out, typed(r.Data)); err != nil {
		return response{Out: out.String(), Err: err.Error()}
	}
	return response{Out: out.String()}
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	in.UseNumber()
	buffered := bufio.NewWriter(os.Stdout)
	defer buffered.Flush()
	out := json.NewEncoder(buffered)
	for {
		var r request
		if err := in.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(render(r)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
