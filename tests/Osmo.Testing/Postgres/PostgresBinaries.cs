using System.Diagnostics;

namespace Osmo.Testing.Postgres;

/// <summary>PostgreSQL's programs on this machine, and the user that runs them: they refuse to run as root.</summary>
internal sealed class PostgresBinaries
{
    private const string DebianFolder = "/usr/lib/postgresql";
    private const string Needed = "initdb";

    private readonly string _folder;
    private readonly (string Uid, string Gid)? _user;

    private PostgresBinaries(string folder, (string Uid, string Gid)? user)
    {
        _folder = folder;
        _user = user;
    }

    public static PostgresBinaries Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Needed))
            .Where(File.Exists)
            .Select(program => Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program)!)
            .Concat(DebianFolders())
            .Where(folder => File.Exists(Path.Combine(folder, "postgres")));
        var folder = folders.FirstOrDefault()
            ?? throw new PlatformNotSupportedException(
                $"This test needs PostgreSQL: neither the PATH nor {DebianFolder}/*/bin has initdb and postgres. Install the package "
                + "\"postgresql\" (tests/run does it where it can).");
        return new PostgresBinaries(folder, Environment.IsPrivilegedProcess ? UnprivilegedUser() : null);
    }

    /// <summary>Gives a file or folder to the user that runs the server.</summary>
    public async Task OwnAsync(string path, CancellationToken cancellationToken)
    {
        if (_user is { } user)
        {
            await RunToEndAsync("chown", ["-R", $"{user.Uid}:{user.Gid}", path], cancellationToken);
        }
    }

    /// <summary>Runs one of the programs to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public Task RunAsync(string program, string[] args, CancellationToken cancellationToken)
    {
        string[] command = [.. AsUser(), Path.Combine(_folder, program), .. args];
        return RunToEndAsync(command[0], command[1..], cancellationToken);
    }

    /// <summary>Starts one of the programs.</summary>
    public PostgresProcess Start(string program, string[] args)
    {
        // The shell becomes the server. Beside it something waits for the end of the test's process, which closes the pipe that is the
        // standard input: a test that is killed leaves no server behind.
        const string Script =
            """
            exec 3<&0
            ( ( cat <&3; kill -CONT $$; kill -QUIT $$ ) >/dev/null 2>&1 & )
            exec "$@" 3<&- </dev/null
            """;
        string[] command = [.. AsUser(), "sh", "-c", Script, "sh", Path.Combine(_folder, program), .. args];
        return new PostgresProcess(StartInfo(command[0], command[1..]));
    }

    private static async Task RunToEndAsync(string program, string[] args, CancellationToken cancellationToken)
    {
        using var process = Process.Start(StartInfo(program, args))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await output}{errors}");
        }
    }

    private static ProcessStartInfo StartInfo(string program, string[] args)
    {
        // A folder that every user may enter: the tests' own may be closed to the server's user.
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static IEnumerable<string> DebianFolders() => Directory.Exists(DebianFolder)
        ? Directory.GetDirectories(DebianFolder)
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
        : [];

    /// <summary>The user that PostgreSQL's package makes, or else the one that owns nothing.</summary>
    private static (string Uid, string Gid) UnprivilegedUser()
    {
        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(fields => fields.Length > 3).ToList();
        var user = users.Find(fields => fields[0] == "postgres") ?? users.Find(fields => fields[0] == "nobody")
            ?? throw new PlatformNotSupportedException(
                "The tests run as root, PostgreSQL does not, and there is neither a user \"postgres\" nor \"nobody\" to run it as. "
                + "Run the tests as another user.");
        return (user[2], user[3]);
    }

    private string[] AsUser() => _user is { } user
        ? ["setpriv", $"--reuid={user.Uid}", $"--regid={user.Gid}", "--clear-groups"]
        : [];
}
