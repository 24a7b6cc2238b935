package main

import (
	"fmt"
	"slices"
	"time"
)

// report prints what was wrong, then how long the slowest request of each kind took a person.
func report(people []*person, users, together int, took time.Duration) {
	var wrong, waited, anew int
	for _, p := range people {
		waited, anew = waited+p.unanswered, anew+p.anew
		for _, w := range p.wrong {
			if wrong++; wrong <= 10 {
				fmt.Printf("wrong: %s: %s\n", p.name, w)
			}
		}
	}
	fmt.Printf("%d sign-ins, %d at a time, in %s: %.0f a second; %d wrong answers; %d times asked to come again, %d times for another code\n\n",
		users, together, took.Round(time.Millisecond), float64(users)/took.Seconds(), wrong, waited, anew)
	fmt.Println("| request | median | 90 % | 99 % | longest |\n|---|---|---|---|---|")
	for _, name := range []string{"code", "verify", "call", "refresh", "logout", "refused"} {
		var all []time.Duration
		for _, p := range people {
			if d, ok := p.steps[name]; ok {
				all = append(all, d)
			}
		}
		if len(all) == 0 {
			continue
		}
		slices.Sort(all)
		at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))].Round(100 * time.Microsecond) }
		fmt.Printf("| %s | %s | %s | %s | %s |\n", name, at(0.5), at(0.9), at(0.99), at(1))
	}
}
