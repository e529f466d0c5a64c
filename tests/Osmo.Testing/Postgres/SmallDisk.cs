using System.Diagnostics;

namespace Osmo.Testing.Postgres;

/// <summary>A disk of a few dozen megabytes, in memory, that a test can fill. Mounting it takes root's rights.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private const int PieceBytes = 64 * 1024;

    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted; every user may enter.</summary>
    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Mounts a new one.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot be mounted; the message says why.</exception>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("osmo-disk-").FullName);
        if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0755", "tmpfs", disk.Path) is { } said)
        {
            Directory.Delete(disk.Path);
            throw new PlatformNotSupportedException($"No disk can be mounted: {said.Trim()} Run the tests as root.");
        }

        return disk;
    }

    /// <summary>Fills it to the last byte.</summary>
    public async Task FillAsync()
    {
        // Without a buffer: nothing is left to be written when the disk is full and the file is closed.
        await using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var piece = new byte[PieceBytes];
        for (var bytes = piece.Length; bytes > 0;)
        {
            try
            {
                await ballast.WriteAsync(piece.AsMemory(0, bytes));
            }
            catch (IOException)
            {
                bytes /= 2;
            }
        }
    }

    /// <summary>Gives back what <see cref="FillAsync"/> took.</summary>
    public void Free() => File.Delete(Ballast);

    /// <summary>Takes it away, also while something still uses it.</summary>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static async Task<string?> RunAsync(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : said;
    }
}
