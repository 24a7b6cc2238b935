package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// client sends commands for the views: every call has a deadline of its own, and nothing that changes anything is sent
// twice. Each method is one round trip.
type client struct {
	rdb     redis.UniversalClient
	timeout time.Duration
	// punctual says that rdb itself gives up when the context is over.
	punctual bool
	// unfit says why rdb must not be used.
	unfit error
}

func newClient(rdb redis.UniversalClient, timeout time.Duration) *client {
	c := &client{rdb: rdb, timeout: timeout}
	switch r := rdb.(type) {
	case nil:
		c.unfit = errors.New("redisstore: there is no client")
	case *redis.Client:
		if r == nil {
			c.unfit = errors.New("redisstore: the client is nil")
			break
		}
		c.punctual = r.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		if r == nil {
			c.unfit = errors.New("redisstore: the client is nil")
			break
		}
		c.punctual = r.Options().ContextTimeoutEnabled
		if r.Options().ReadOnly {
			c.unfit = errors.New("redisstore: the client reads from replicas, which know of a revocation too late")
		}
	case *redis.Ring:
		c.unfit = errors.New("redisstore: a ring looks for a key elsewhere when a server is down, and finds nothing against a token there")
	}
	return c
}

// within gives a verb of several round trips one deadline for all of them.
func (c *client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}

// read sends commands that change nothing, all in one round trip, and once more if the connection broke. A command that
// finds nothing is no error here: its own Err is [redis.Nil].
func (c *client) read(ctx context.Context, cmds ...redis.Cmder) error {
	return c.call(ctx, func(ctx context.Context) error {
		err := c.send(ctx, cmds)
		var answered redis.Error
		if err == nil || errors.As(err, &answered) || ctx.Err() != nil {
			return err
		}
		return c.send(ctx, cmds)
	})
}

// write sends commands, all in one round trip, and once only: where an answer is lost, nobody knows whether they were done.
func (c *client) write(ctx context.Context, cmds ...redis.Cmder) error {
	return c.call(ctx, func(ctx context.Context) error { return c.send(ctx, cmds) })
}

// run runs a script once. Its keys must belong to one owner. A server that does not know the script is sent it.
func (c *client) run(ctx context.Context, s *redis.Script, keys []string, args ...any) (*redis.Cmd, error) {
	var cmd *redis.Cmd
	err := c.call(ctx, func(ctx context.Context) error {
		answer := s.Run(ctx, once{c.rdb}, keys, args...)
		cmd = answer
		if err := answer.Err(); !errors.Is(err, redis.Nil) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return cmd, nil
}

// call is a script to run: its keys must belong to one owner.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// runAll runs scripts once each, in one round trip: on one server in their order, on a cluster at the same time. A server that does
// not know one is sent it. An error says that any of them may have been done.
func (c *client) runAll(ctx context.Context, calls ...call) error {
	return c.call(ctx, func(ctx context.Context) error {
		cmds := make([]redis.Cmder, len(calls))
		for i, each := range calls {
			cmds[i] = evaluation(ctx, "evalsha", each.script.Hash(), each.keys, each.args)
		}
		err := c.send(ctx, cmds)
		var unknown []redis.Cmder
		for i, cmd := range cmds {
			switch {
			case redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT"):
				unknown = append(unknown, calls[i].script.Eval(ctx, unsent{}, calls[i].keys, calls[i].args...))
			case found(cmd.Err()) != nil:
				return cmd.Err()
			}
		}
		if len(unknown) == 0 {
			return err
		}
		return c.send(ctx, unknown)
	})
}

// call runs f, which sends commands, and comes back in time whether or not f does.
func (c *client) call(ctx context.Context, f func(context.Context) error) error {
	if c.unfit != nil {
		return c.unfit
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redisstore: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.punctual {
		return wrap(f(ctx))
	}
	// A client without ContextTimeoutEnabled waits for its own, longer time-outs. Nobody looks at what f writes after that.
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return wrap(err)
	case <-ctx.Done():
		return wrap(ctx.Err())
	}
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redisstore: %w", err)
}

func (c *client) send(ctx context.Context, cmds []redis.Cmder) error {
	if len(cmds) == 1 {
		return found(c.rdb.Process(ctx, unrepeated{cmds[0]}))
	}
	pipe := c.rdb.Pipeline()
	for _, cmd := range cmds {
		_ = pipe.Process(ctx, unrepeated{cmd}) // queues; a failure is the command's own
	}
	if _, err := pipe.Exec(ctx); found(err) != nil {
		return err
	}
	for _, cmd := range cmds {
		if err := found(cmd.Err()); err != nil {
			return err
		}
	}
	return nil
}

// found is err, unless it only says that there is nothing.
func found(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// unrepeated keeps the client from sending a command again whose answer was lost: a GETDEL that is repeated finds nothing,
// a counter counts twice. It also keeps it from answering out of a cache.
type unrepeated struct{ redis.Cmder }

// NoRetry is for the client.
func (unrepeated) NoRetry() bool { return true }

// once runs scripts unrepeated.
type once struct{ redis.UniversalClient }

// EvalSha is for [redis.Script].
func (o once) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	return o.eval(ctx, "evalsha", sha, keys, args)
}

// Eval is for [redis.Script].
func (o once) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return o.eval(ctx, "eval", script, keys, args)
}

func (o once) eval(ctx context.Context, verb, script string, keys []string, args []any) *redis.Cmd {
	cmd := evaluation(ctx, verb, script, keys, args)
	_ = o.Process(ctx, unrepeated{cmd}) // the error is the command's own
	return cmd
}

// unsent makes the command that runs a script's text, and leaves it to the caller.
type unsent struct{ redis.Scripter }

// Eval is for [redis.Script].
func (unsent) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return evaluation(ctx, "eval", script, keys, args)
}

func evaluation(ctx context.Context, verb, script string, keys []string, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, verb, script, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	cmd := redis.NewCmd(ctx, append(all, args...)...)
	cmd.SetFirstKeyPos(3)
	return cmd
}
