package auth

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/crafteasy/auth/jwt"
)

// ConfigFromEnv reads the configuration from the environment. The names are those of [Settings]; senders and stores are for the caller
// to set. The error names every setting that is wrong and never a value; an unknown value is an error, never "off". What is missing is for
// [New] to say, which names the field of Config, but for JWT_PRIVATE_KEY.
func ConfigFromEnv() (Config, error) { return ConfigFrom(os.LookupEnv) }

// ConfigFrom is [ConfigFromEnv] for settings that come from elsewhere, or that have other defaults.
func ConfigFrom(lookup func(name string) (value string, ok bool)) (Config, error) {
	var c Config
	var errs []error
	for _, s := range settings {
		value, ok := lookup(s.Name)
		if ok && value == "" && s.emptyIsUnset {
			ok = false
		}
		if !ok {
			value = s.Default
		}
		if value == "" && !ok {
			continue
		}
		if err := s.set(&c, value); err != nil {
			errs = append(errs, fmt.Errorf("auth: setting %s %w", s.Name, err))
		}
	}
	if err := keysFrom(&c, lookup); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return Config{}, errors.Join(errs...)
	}
	return c, nil
}

// keysFrom reads the keys, which are one thing in three settings.
func keysFrom(c *Config, lookup func(string) (string, bool)) error {
	private, _ := lookup("JWT_PRIVATE_KEY")
	public, _ := lookup("JWT_PUBLIC_KEY")
	previous, _ := lookup("JWT_PREVIOUS_PUBLIC_KEYS")
	if private == "" {
		if c.Disabled && public == "" && previous == "" {
			return nil
		}
		return errors.New("auth: setting JWT_PRIVATE_KEY is missing")
	}
	keys, err := jwt.ParseKeys([]byte(private))
	if err != nil {
		return fmt.Errorf("auth: setting JWT_PRIVATE_KEY: %w", err)
	}
	if public != "" {
		if err := keys.Match([]byte(public)); err != nil {
			return fmt.Errorf("auth: setting JWT_PUBLIC_KEY: %w", err)
		}
	}
	if previous != "" {
		if keys, err = keys.With([]byte(previous)); err != nil {
			return fmt.Errorf("auth: setting JWT_PREVIOUS_PUBLIC_KEYS: %w", err)
		}
	}
	c.Keys = keys
	return nil
}

// What a setting's text may be wrong about. None repeats the text.
var (
	errNotBool = errors.New("must be true or false")
	errNotList = errors.New("holds an empty item")
)

// boolean accepts exactly "true" and "false": a misspelling must not switch anything.
func boolean(v string) (bool, error) {
	switch v {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errNotBool
}

// number accepts a decimal from least to most.
func number(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most || strconv.Itoa(n) != v {
		return 0, fmt.Errorf("must be a number from %d to %d", least, most)
	}
	return n, nil
}

// list splits at commas.
func list(v string) ([]string, error) {
	items := strings.Split(v, ",")
	for i := range items {
		if items[i] = strings.TrimSpace(items[i]); items[i] == "" {
			return nil, errNotList
		}
	}
	return items, nil
}

// setBool and its siblings make the set function of a row.
func setBool(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) (err error) {
		*field(c), err = boolean(v)
		return err
	}
}

func setNumber(least, most int, field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) (err error) {
		*field(c), err = number(v, least, most)
		return err
	}
}

func setSpan(unit time.Duration, least, most int, field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := number(v, least, most)
		*field(c) = time.Duration(n) * unit
		return err
	}
}

func setText(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = v
		return nil
	}
}

func setList(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, v string) (err error) {
		*field(c), err = list(v)
		return err
	}
}
