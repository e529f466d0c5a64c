namespace Osmo.Storage.Sqlite;

/// <summary>Files and folders that nobody but the user of this process may read: the database holds hashes and secrets.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder, unless it is there.</summary>
    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Opens a file, for this process alone; makes it if it is not there.</summary>
    public static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <summary>
    /// Makes a database private, and the files that SQLite keeps beside it, also if an earlier version has made them readable. SQLite
    /// gives a new one the mode of the database, which therefore has to be there before.
    /// </summary>
    public static void Secure(string database)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (!Path.Exists(database))
        {
            Open(database).Dispose();
        }

        foreach (var file in new[] { database, $"{database}-wal", $"{database}-shm" }.Where(File.Exists))
        {
            if (File.GetUnixFileMode(file) is var mode && (mode & ~OwnerOnly) != 0)
            {
                File.SetUnixFileMode(file, mode & OwnerOnly);
            }
        }
    }
}
