// Command go-template measures Go's own text/template, as the baseline of test/bench/template.ts. Standard input is one JSON object
// {"template", "data", "milliseconds"}; standard output the nanoseconds that one render takes, and what it prints.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
	"time"
)

type request struct {
	Template     string `json:"template"`
	Data         any    `json:"data"`
	Milliseconds int    `json:"milliseconds"`
}

type result struct {
	Nanoseconds float64 `json:"nanoseconds"`
	Out         string  `json:"out"`
}

// typed makes whole JSON numbers int64, as the data of a run has them.
func typed(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i, element := range v {
			v[i] = typed(element)
		}
	case map[string]any:
		for key, element := range v {
			v[key] = typed(element)
		}
	}
	return value
}

// measure renders into a buffer that is used again, which is the fastest that Go offers.
func measure(parsed *template.Template, data any, each time.Duration) result {
	var out bytes.Buffer
	warm := time.Now()
	for time.Since(warm) < each/10 {
		out.Reset()
		if err := parsed.Execute(&out, data); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	count := 0
	start := time.Now()
	for time.Since(start) < each {
		for i := 0; i < 100; i++ {
			out.Reset()
			_ = parsed.Execute(&out, data) // it has just worked
		}
		count += 100
	}
	return result{Nanoseconds: float64(time.Since(start).Nanoseconds()) / float64(count), Out: out.String()}
}

func main() {
	in := json.NewDecoder(os.Stdin)
	in.UseNumber()
	var r request
	if err := in.Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	parsed := template.Must(template.New("t").Parse(r.Template))
	measured := measure(parsed, typed(r.Data), time.Duration(r.Milliseconds)*time.Millisecond)
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
