/** What comes of each thing for each role: `thing | root | an ordinary user`, or one outcome for both. `PATH` stands for a path. */

/** A file that lines are added to. */
const APPENDED = `
nothing | done
a file | done
a file without permissions | done | refused: which may not be written to (permission denied)
a file of another user, readable | done | refused: which may not be written to (permission denied)
a file of another user, writable | done
a file of another user, secret | done | refused: which may not be written to (permission denied)
nothing in a folder without write permission | done | refused: whose folder may not be written to (permission denied)
nothing in a secret folder of another user | done | refused: whose folder may not be written to (permission denied)
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | done
a folder | refused: which is a directory
a folder without write permission | refused: which is a directory
a folder of another user | refused: which is a directory
a sticky folder of another user | refused: which is a directory
a pipe | refused: which is a pipe: a producer of 'type: stdout' writes to pipes
a socket | refused: which is no regular file
a null device | done
a zero device | refused: which is no regular file
a full device | refused: which is no regular file
a link to a file | done
a link to nothing | done
a link to a file without permissions | done | refused: which may not be written to (permission denied)
a link to a file of another user, readable | done | refused: which may not be written to (permission denied)
a link to a folder | refused: which is a directory
a link to a pipe | refused: which is a pipe: a producer of 'type: stdout' writes to pipes
a link to a socket | refused: which is no regular file
a link to a null device | done
a link to a zero device | refused: which is no regular file
a link to itself | refused: which is a link that leads round in a circle
a link that another user has made | fails: PATH is a link that user 12345 has made, which is not followed
a link to a folder that another user has made | refused: which is a directory
a link that root has made | done
`;

export const EXPECTED: Readonly<Record<string, string>> = {
  'file producer': APPENDED,
  'dead letters': APPENDED,
  'replayed dead letters': `
nothing | done
a file | done
a file without permissions | done
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done
nothing in a folder without write permission | done | fails: EACCES
nothing in a secret folder of another user | done | fails: EACCES
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | done | fails: EPERM
a folder | fails: EISDIR
a folder without write permission | fails: EISDIR
a folder of another user | fails: EISDIR
a sticky folder of another user | fails: EISDIR
a pipe | fails: PATH is no regular file
a socket | fails: PATH is no regular file
a null device | fails: PATH is no regular file
a zero device | fails: PATH is no regular file
a full device | fails: PATH is no regular file
a link to a file | done
a link to nothing | done
a link to a file without permissions | done
a link to a file of another user, readable | done
a link to a folder | fails: EISDIR
a link to a pipe | fails: PATH is no regular file
a link to a socket | fails: PATH is no regular file
a link to a null device | fails: PATH is no regular file
a link to a zero device | fails: PATH is no regular file
a link to itself | fails: PATH is a link that leads round in a circle
a link that another user has made | fails: PATH is a link that user 12345 has made, which is not followed
a link to a folder that another user has made | fails: PATH is a link that user 12345 has made, which is not followed
a link that root has made | done
`,
  'file after a replay': `
nothing | done
a file | done
a file without permissions | done | fails: EACCES
a file of another user, readable | done | fails: EACCES
a file of another user, writable | done
a file of another user, secret | done | fails: EACCES
nothing in a folder without write permission | done | fails: EACCES
nothing in a secret folder of another user | done | fails: EACCES
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | done
a folder | fails: EISDIR
a folder without write permission | fails: EISDIR
a folder of another user | fails: EISDIR
a sticky folder of another user | fails: EISDIR
a pipe | fails: PATH is no regular file
a socket | fails: PATH is no regular file
a null device | fails: PATH is no regular file
a zero device | fails: PATH is no regular file
a full device | fails: PATH is no regular file
a link to a file | fails: PATH is a link, which is not followed here
a link to nothing | fails: PATH is a link, which is not followed here
a link to a file without permissions | fails: PATH is a link, which is not followed here
a link to a file of another user, readable | fails: PATH is a link, which is not followed here
a link to a folder | fails: PATH is a link, which is not followed here
a link to a pipe | fails: PATH is a link, which is not followed here
a link to a socket | fails: PATH is a link, which is not followed here
a link to a null device | fails: PATH is a link, which is not followed here
a link to a zero device | fails: PATH is a link, which is not followed here
a link to itself | fails: PATH is a link, which is not followed here
a link that another user has made | fails: PATH is a link, which is not followed here
a link to a folder that another user has made | fails: PATH is a link, which is not followed here
a link that root has made | fails: PATH is a link, which is not followed here
`,
  'journal of a replay': `
nothing | done
a file | done
a file without permissions | done | fails: EACCES
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | fails: EACCES
nothing in a folder without write permission | done
nothing in a secret folder of another user | done | fails: EACCES
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | done
a folder | fails: PATH is a directory
a folder without write permission | fails: PATH is a directory
a folder of another user | fails: PATH is a directory
a sticky folder of another user | fails: PATH is a directory
a pipe | fails: PATH is no regular file
a socket | fails: PATH is no regular file
a null device | fails: PATH is no regular file
a zero device | fails: PATH is no regular file
a full device | fails: PATH is no regular file
a link to a file | fails: PATH is a link, which is not followed here
a link to nothing | fails: PATH is a link, which is not followed here
a link to a file without permissions | fails: PATH is a link, which is not followed here
a link to a file of another user, readable | fails: PATH is a link, which is not followed here
a link to a folder | fails: PATH is a link, which is not followed here
a link to a pipe | fails: PATH is a link, which is not followed here
a link to a socket | fails: PATH is a link, which is not followed here
a link to a null device | fails: PATH is a link, which is not followed here
a link to a zero device | fails: PATH is a link, which is not followed here
a link to itself | fails: PATH is a link, which is not followed here
a link that another user has made | fails: PATH is a link, which is not followed here
a link to a folder that another user has made | fails: PATH is a link, which is not followed here
a link that root has made | fails: PATH is a link, which is not followed here
`,
  spool: `
nothing | done
a file | refused: which is no directory
a file without permissions | refused: which is no directory
a file of another user, readable | refused: which is no directory
a file of another user, writable | refused: which is no directory
a file of another user, secret | refused: which is no directory
nothing in a folder without write permission | done | refused: whose folder may not be written to (permission denied)
nothing in a secret folder of another user | done | refused: whose folder may not be written to (permission denied)
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | refused: which is no directory
a folder | done
a folder without write permission | done | refused: which may not be written to (permission denied)
a folder of another user | done, though it belongs to user 12345, who can replace the files in it | refused: which may not be written to (permission denied)
a sticky folder of another user | done, though it belongs to user 12345, who can replace the files in it
a pipe | refused: which is no directory
a socket | refused: which is no directory
a null device | refused: which is no directory
a zero device | refused: which is no directory
a full device | refused: which is no directory
a link to a file | refused: which is no directory
a link to nothing | refused: which is a link to nothing
a link to a file without permissions | refused: which is no directory
a link to a file of another user, readable | refused: which is no directory
a link to a folder | done
a link to a pipe | refused: which is no directory
a link to a socket | refused: which is no directory
a link to a null device | refused: which is no directory
a link to a zero device | refused: which is no directory
a link to itself | refused: which is a link that leads round in a circle
a link that another user has made | refused: which is no directory
a link to a folder that another user has made | done, though it is a link that user 12345 has made, who can lead it elsewhere
a link that root has made | refused: which is no directory
`,
  'followed file': `
nothing | waits: there is no such file yet
a file | done
a file without permissions | done | refused: which may not be read (permission denied)
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | refused: which may not be read (permission denied)
nothing in a folder without write permission | waits: there is no such file yet | refused: whose folder may not be written to (permission denied)
nothing in a secret folder of another user | waits: there is no such file yet | refused: whose folder may not be read (permission denied)
nothing in a sticky folder of another user | waits: there is no such file yet
a file of another user, writable, in a sticky folder | done
a folder | refused: which is a directory
a folder without write permission | refused: which is a directory
a folder of another user | refused: which is a directory
a sticky folder of another user | refused: which is a directory
a pipe | refused: which is no regular file
a socket | refused: which is no regular file
a null device | refused: which is no regular file
a zero device | refused: which is no regular file
a full device | refused: which is no regular file
a link to a file | done
a link to nothing | waits: there is no such file yet
a link to a file without permissions | done | refused: which may not be read (permission denied)
a link to a file of another user, readable | done
a link to a folder | refused: which is a directory
a link to a pipe | refused: which is no regular file
a link to a socket | refused: which is no regular file
a link to a null device | refused: which is no regular file
a link to a zero device | refused: which is no regular file
a link to itself | refused: which is a link that leads round in a circle
a link that another user has made | done
a link to a folder that another user has made | refused: which is a directory
a link that root has made | done
`,
  checkpoint: `
nothing | done
a file | done
a file without permissions | done | refused: which may not be read (permission denied)
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | refused: which may not be read (permission denied)
nothing in a folder without write permission | done | refused: whose folder may not be written to (permission denied)
nothing in a secret folder of another user | done | refused: whose folder may not be written to (permission denied)
nothing in a sticky folder of another user | done
a file of another user, writable, in a sticky folder | done | fails: EPERM
a folder | refused: which is a directory
a folder without write permission | refused: which is a directory
a folder of another user | refused: which is a directory
a sticky folder of another user | refused: which is a directory
a pipe | refused: which is no regular file
a socket | refused: which is no regular file
a null device | refused: which is no regular file
a zero device | refused: which is no regular file
a full device | refused: which is no regular file
a link to a file | done
a link to nothing | done
a link to a file without permissions | done | refused: which may not be read (permission denied)
a link to a file of another user, readable | done
a link to a folder | refused: which is a directory
a link to a pipe | refused: which is no regular file
a link to a socket | refused: which is no regular file
a link to a null device | refused: which is no regular file
a link to a zero device | refused: which is no regular file
a link to itself | refused: which is a link that leads round in a circle
a link that another user has made | fails: PATH is a link that user 12345 has made, which is not followed
a link to a folder that another user has made | refused: which is a directory
a link that root has made | done
`,
  certificate: `
nothing | refused: which does not exist
a file | done
a file without permissions | done | refused: which may not be read (permission denied)
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | refused: which may not be read (permission denied)
nothing in a folder without write permission | refused: which does not exist
nothing in a secret folder of another user | refused: which does not exist | refused: which may not be read (permission denied)
nothing in a sticky folder of another user | refused: which does not exist
a file of another user, writable, in a sticky folder | done
a folder | refused: which is a directory
a folder without write permission | refused: which is a directory
a folder of another user | refused: which is a directory
a sticky folder of another user | refused: which is a directory
a pipe | refused: which is a pipe, and it is read more than once: name a regular file
a socket | refused: which is no regular file
a null device | refused: which is no regular file
a zero device | refused: which is no regular file
a full device | refused: which is no regular file
a link to a file | done
a link to nothing | refused: which does not exist
a link to a file without permissions | done | refused: which may not be read (permission denied)
a link to a file of another user, readable | done
a link to a folder | refused: which is a directory
a link to a pipe | refused: which is a pipe, and it is read more than once: name a regular file
a link to a socket | refused: which is no regular file
a link to a null device | refused: which is no regular file
a link to a zero device | refused: which is no regular file
a link to itself | refused: which is a link that leads round in a circle
a link that another user has made | done
a link to a folder that another user has made | refused: which is a directory
a link that root has made | done
`,
  configuration: `
nothing | fails: does not exist
a file | done
a file without permissions | done | fails: may not be read (permission denied)
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | fails: may not be read (permission denied)
nothing in a folder without write permission | fails: does not exist
nothing in a secret folder of another user | fails: does not exist | fails: may not be read (permission denied)
nothing in a sticky folder of another user | fails: does not exist
a file of another user, writable, in a sticky folder | done
a folder | fails: is a directory
a folder without write permission | fails: is a directory
a folder of another user | fails: is a directory
a sticky folder of another user | fails: is a directory
a pipe | fails: is a pipe without a byte for 60 s
a socket | fails: is no regular file
a null device | fails: is no regular file
a zero device | fails: is no regular file
a full device | fails: is no regular file
a link to a file | done
a link to nothing | fails: does not exist
a link to a file without permissions | done | fails: may not be read (permission denied)
a link to a file of another user, readable | done
a link to a folder | fails: is a directory
a link to a pipe | fails: is a pipe without a byte for 60 s
a link to a socket | fails: is no regular file
a link to a null device | fails: is no regular file
a link to a zero device | fails: is no regular file
a link to itself | fails: is a link that leads round in a circle
a link that another user has made | done
a link to a folder that another user has made | fails: is a directory
a link that root has made | done
`,
  '${file:}': `
nothing | fails: \${file:PATH}: the file does not exist
a file | done
a file without permissions | done | fails: \${file:PATH}: the file may not be read (permission denied)
a file of another user, readable | done
a file of another user, writable | done
a file of another user, secret | done | fails: \${file:PATH}: the file may not be read (permission denied)
nothing in a folder without write permission | fails: \${file:PATH}: the file does not exist
nothing in a secret folder of another user | fails: \${file:PATH}: the file does not exist | fails: \${file:PATH}: the file may not be read (permission denied)
nothing in a sticky folder of another user | fails: \${file:PATH}: the file does not exist
a file of another user, writable, in a sticky folder | done
a folder | fails: \${file:PATH}: the file is a directory
a folder without write permission | fails: \${file:PATH}: the file is a directory
a folder of another user | fails: \${file:PATH}: the file is a directory
a sticky folder of another user | fails: \${file:PATH}: the file is a directory
a pipe | fails: \${file:PATH}: the file is no regular file
a socket | fails: \${file:PATH}: the file is no regular file
a null device | fails: \${file:PATH}: the file is no regular file
a zero device | fails: \${file:PATH}: the file is no regular file
a full device | fails: \${file:PATH}: the file is no regular file
a link to a file | done
a link to nothing | fails: \${file:PATH}: the file does not exist
a link to a file without permissions | done | fails: \${file:PATH}: the file may not be read (permission denied)
a link to a file of another user, readable | done
a link to a folder | fails: \${file:PATH}: the file is a directory
a link to a pipe | fails: \${file:PATH}: the file is no regular file
a link to a socket | fails: \${file:PATH}: the file is no regular file
a link to a null device | fails: \${file:PATH}: the file is no regular file
a link to a zero device | fails: \${file:PATH}: the file is no regular file
a link to itself | fails: \${file:PATH}: the file is a link that leads round in a circle
a link that another user has made | done
a link to a folder that another user has made | fails: \${file:PATH}: the file is a directory
a link that root has made | done
`,
};
