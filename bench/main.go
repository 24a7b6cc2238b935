// Command bench compares what a request costs: this library's RequireAuth, other libraries for the same token, and the bare curve. Ratios
// come from one process each; the table shows the median over several, because the speed of P-521 in Go depends on where a process
// happens to lie in memory.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"
)

func main() {
	one := flag.Bool("one", false, "measure once and print JSON")
	readme := flag.String("readme", "", "measure HTTP servers too, and write all figures into this `file`")
	processes := flag.Int("processes", 5, "how many processes to measure in")
	testing.Init()
	flag.Parse()
	if err := flag.Set("test.benchtime", "300ms"); err != nil {
		log.Fatal(err)
	}
	if *one {
		if err := json.NewEncoder(os.Stdout).Encode(measure()); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := report(os.Stdout, *readme, *processes); err != nil {
		log.Fatal(err)
	}
}

// figures are nanoseconds by name.
type figures map[string]float64

// collect measures in processes of their own.
func collect(n int) ([]figures, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var runs []figures
	for range n {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		out, err := exec.CommandContext(ctx, self, "-one").Output() //nolint:gosec // the program itself
		cancel()
		if err != nil {
			return nil, err
		}
		var f figures
		if err := json.Unmarshal(out, &f); err != nil {
			return nil, err
		}
		runs = append(runs, f)
	}
	return runs, nil
}

// ballast is a live heap as a service has one. In a process that holds nothing, the collector runs all the time on the other core.
var ballast []byte

// measure takes every figure once.
func measure() figures {
	p, err := prepare()
	if err != nil {
		log.Fatal(err)
	}
	f := figures{}
	quick := map[string]func() float64{} // those whose ratios are small
	for name, op := range p.ops() {
		pass := func() float64 {
			return timed(func(b *testing.B) {
				for b.Loop() {
					op()
				}
			})
		}
		switch name {
		case cached, bare, chiHS256, echoHS256:
			quick[name] = pass
		default:
			f[name] = pass()
		}
	}
	f.inTurns(7, quick)
	raw, err := p.rawVerify()
	if err != nil {
		log.Fatal(err)
	}
	f.inTurns(200, map[string]func() float64{rawVerify: once(raw), uncached: once(p.uncached)})
	ballast = make([]byte, 128<<20)
	defer runtime.KeepAlive(ballast)
	f.inTurns(7, map[string]func() float64{
		single: func() float64 {
			return timed(func(b *testing.B) {
				op := p.cachedOf()
				for b.Loop() {
					op()
				}
			})
		},
		parallel: func() float64 {
			return timed(func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					op := p.cachedOf()
					for pb.Next() {
						op()
					}
				})
			})
		},
	})
	return f
}

// timed answers the nanoseconds that a pass takes.
func timed(f func(b *testing.B)) float64 {
	r := testing.Benchmark(f)
	return float64(r.T.Nanoseconds()) / float64(r.N)
}

// once times a single call.
func once(f func()) func() float64 {
	return func() float64 {
		begin := time.Now()
		f()
		return float64(time.Since(begin).Nanoseconds())
	}
}

// inTurns takes figures of which a few hundredths matter one after the other, again and again, so that what the machine does in between
// meets all of them alike. The medians are kept.
func (f figures) inTurns(rounds int, measures map[string]func() float64) {
	taken := map[string][]float64{}
	for range rounds {
		for name, measure := range measures {
			taken[name] = append(taken[name], measure())
		}
	}
	for name, t := range taken {
		slices.Sort(t)
		f[name] = t[len(t)/2]
	}
}

// table writes the ratios that matter beside what they should reach.
func table(out io.Writer, runs []figures) {
	fmt.Fprintln(out, "| figure | measured | target |\n|---|---|---|")
	for _, row := range []struct {
		name      string
		over      string
		under     string
		target    string
		precision int
	}{
		{"cached / (bare context middleware + SHA-256 of the token)", cached, bare, "≤ 1.5", 2},
		{"cached, times faster than go-chi/jwtauth on the same ES512 token", chiES512, cached, "≥ 1000", 0},
		{"cached ES512, times faster than go-chi/jwtauth on HS256", chiHS256, cached, "≥ 20", 1},
		{"cached ES512, times faster than echo-jwt on HS256", echoHS256, cached, "≥ 8", 1},
		{"cached, times faster than auth0/go-jwt-middleware on ES512", auth0ES512, cached, "–", 0},
		{"cached, times faster than gofiber/contrib/jwt on ES512", fiberES512, cached, "–", 0},
		{"uncached / raw ecdsa.Verify", uncached, rawVerify, "≤ 1.05", 3},
		{"no valid mac / raw ecdsa.Verify", noMAC, rawVerify, "≤ 0.01", 4},
		{"expired / raw ecdsa.Verify", expired, rawVerify, "≤ 0.01", 4},
		{"another issuer's, by the same keys / raw ecdsa.Verify", foreign, rawVerify, "≤ 0.01", 4},
		{"two-core scaling of the cached path, with a live heap of 128 MB", single, parallel, "≥ 1.7", 2},
	} {
		var ratios []float64
		for _, f := range runs {
			ratios = append(ratios, f[row.over]/f[row.under])
		}
		slices.Sort(ratios)
		fmt.Fprintf(out, "| %s | %.*f (%.*f to %.*f) | %s |\n", row.name, row.precision, ratios[len(ratios)/2],
			row.precision, ratios[0], row.precision, ratios[len(ratios)-1], row.target)
	}
}
