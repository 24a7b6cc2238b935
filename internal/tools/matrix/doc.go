// Command matrix runs the contract of stores on every back end and writes the outcome into the README, as a table between two
// marks. It is run in the folder of the library ("make matrix").
//
// A cell is the number of rules that passed. The table is written only when every rule passed everywhere; otherwise the command
// names those that did not and fails.
package main
