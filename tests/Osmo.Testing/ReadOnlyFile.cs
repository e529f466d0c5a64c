using System.Diagnostics;

namespace Osmo.Testing;

/// <summary>A file that nobody may write to, the superuser included, for whom modes are no obstacle.</summary>
public sealed class ReadOnlyFile : IDisposable
{
    private readonly string _path;
    private readonly bool _isImmutable;

    private ReadOnlyFile(string path, bool isImmutable)
    {
        _path = path;
        _isImmutable = isImmutable;
    }

    /// <exception cref="PlatformNotSupportedException">This machine has no means to do so.</exception>
    public static ReadOnlyFile Make(string path)
    {
        File.SetAttributes(path, FileAttributes.ReadOnly);
        if (!IsWritable(path))
        {
            return new ReadOnlyFile(path, isImmutable: false);
        }

        Change("+i", path);
        return IsWritable(path)
            ? throw new PlatformNotSupportedException(
                $"{path} stays writable, without write permission and with chattr +i. Run the tests as another user than root.")
            : new ReadOnlyFile(path, isImmutable: true);
    }

    public void Dispose()
    {
        if (_isImmutable)
        {
            Change("-i", _path);
        }

        File.SetAttributes(_path, FileAttributes.Normal);
    }

    private static bool IsWritable(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Change(string attribute, string path)
    {
        using var process = Process.Start("chattr", [attribute, path]);
        process.WaitForExit();
    }
}
