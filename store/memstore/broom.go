package memstore

import (
	"container/heap"
	"time"
)

// broom remembers what ends when, and hands it back once it has. It is used with the owner's lock held.
type broom[T any] struct{ due dues[T] }

type due[T any] struct {
	at   time.Time
	what T
}

// add remembers that something ends.
func (b *broom[T]) add(at time.Time, what T) { heap.Push(&b.due, due[T]{at, what}) }

// sweep calls gone for at most sweepPerWrite things that have ended. gone answers the later end of what lives on after all.
func (b *broom[T]) sweep(now time.Time, gone func(T) (later time.Time)) {
	for range sweepPerWrite {
		if len(b.due) == 0 || b.due[0].at.After(now) {
			return
		}
		d, _ := heap.Pop(&b.due).(due[T])
		if later := gone(d.what); later.After(now) {
			b.add(later, d.what)
		}
	}
}

// dues is a heap, the earliest end first.
type dues[T any] []due[T]

func (d dues[T]) Len() int           { return len(d) }
func (d dues[T]) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d dues[T]) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push is for container/heap.
func (d *dues[T]) Push(x any) {
	v, _ := x.(due[T])
	*d = append(*d, v)
}

// Pop is for container/heap.
func (d *dues[T]) Pop() any {
	old := *d
	last := old[len(old)-1]
	old[len(old)-1] = due[T]{}
	*d = old[:len(old)-1]
	return last
}
