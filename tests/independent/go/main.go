// Checks what Hengjian writes with the transparency-log library of the Go project, which we did not write.
//
// It reads one JSON question a line from standard input and answers each with a line: "ok" and what was asked
// for, or "no" and the library's reason.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type question struct {
	Kind    string   // note, record, tree, files
	Note    []byte   // note: the signed note
	Keys    []string // note: verifier keys
	Folder  string   // files: where the log's files lie
	Size    int64    // size of the tree (the newer one)
	Root    []byte   // its root
	Index   int64    // record, files: which leaf
	Leaf    []byte   // record: its hash
	OldSize int64    // tree, files: the older size
	OldRoot []byte   // tree: the older root
	Proof   [][]byte
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder := json.NewDecoder(in)
	for decoder.More() {
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		said, err := answer(asked)
		if err != nil {
			fmt.Fprintf(out, "no %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintf(out, "ok %s\n", said)
		}
	}
}

func answer(asked question) (string, error) {
	switch asked.Kind {
	case "note":
		return openNote(asked)
	case "record":
		proof, err := hashes(asked.Proof)
		if err != nil {
			return "", err
		}
		return "", tlog.CheckRecord(proof, asked.Size, hash(asked.Root), asked.Index, hash(asked.Leaf))
	case "tree":
		proof, err := hashes(asked.Proof)
		if err != nil {
			return "", err
		}
		return "", tlog.CheckTree(proof, asked.Size, hash(asked.Root), asked.OldSize, hash(asked.OldRoot))
	case "files":
		return readFiles(asked)
	}
	return "", fmt.Errorf("unknown question %q", asked.Kind)
}

// openNote answers with the text that a known key signed.
func openNote(asked question) (string, error) {
	var verifiers []note.Verifier
	for _, key := range asked.Keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return "", err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(asked.Note, note.VerifierList(verifiers...))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %q", len(opened.Sigs), opened.Text), nil
}

// readFiles reads the log's own tiles, authenticated against the root, and answers with both proofs.
func readFiles(asked question) (string, error) {
	tree := tlog.Tree{N: asked.Size, Hash: hash(asked.Root)}
	reader := tlog.TileHashReader(tree, files{asked.Folder})
	root, err := tlog.TreeHash(asked.Size, reader)
	if err != nil {
		return "", err
	}
	if root != tree.Hash {
		return "", fmt.Errorf("another root")
	}
	record, err := tlog.ProveRecord(asked.Size, asked.Index, reader)
	if err != nil {
		return "", err
	}
	older, err := tlog.ProveTree(asked.Size, asked.OldSize, reader)
	if err != nil {
		return "", err
	}
	answer, err := json.Marshal([][]tlog.Hash{record, older})
	return string(answer), err
}

// files is the folder of a log; the library's paths carry the tiles' height, those of tlog-tiles do not.
type files struct{ folder string }

func (f files) Height() int { return height }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		content, err := os.ReadFile(filepath.Join(f.folder, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		data = append(data, content)
	}
	return data, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func hash(value []byte) (found tlog.Hash) {
	if len(value) == tlog.HashSize {
		copy(found[:], value)
	} else {
		copy(found[:], bytes.Repeat([]byte{0xff}, tlog.HashSize))
	}
	return found
}

func hashes(values [][]byte) (found []tlog.Hash, err error) {
	for _, value := range values {
		if len(value) != tlog.HashSize {
			return nil, fmt.Errorf("a hash of %d bytes", len(value))
		}
		found = append(found, hash(value))
	}
	return found, nil
}
