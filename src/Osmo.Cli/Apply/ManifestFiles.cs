using Osmo.Cli.Input;

namespace Osmo.Cli.Apply;

/// <summary>The files that <c>-f</c> names. A folder stands for the files in it, as kubectl has it.</summary>
internal static class ManifestFiles
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>The files to read, in the order of the paths and those of a folder by name.</summary>
    /// <param name="paths">Files, folders, and <c>-</c> for the standard input.</param>
    /// <param name="recursive">Whether the folders in a folder count too.</param>
    /// <exception cref="CliError">A folder cannot be read, or has no such file.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> paths, bool recursive) =>
        [.. paths.SelectMany(path => path != InputDocument.StandardInput && Directory.Exists(path) ? Files(path, recursive) : [path])];

    private static List<string> Files(string folder, bool recursive)
    {
        var files = new List<string>();
        try
        {
            Collect(folder, recursive, files);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"{folder}: the folder cannot be read: {error.Message}");
        }

        return files.Count > 0
            ? files
            : throw new CliError(
                $"{folder}: the folder has no file that ends in {string.Join(", ", Extensions)}."
                + (recursive ? "" : " With -R the folders in it are looked into too."));
    }

    private static void Collect(string folder, bool recursive, List<string> files)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, entry.Name);
            if (entry is DirectoryInfo)
            {
                // Links to folders are not followed: they may lead around in a circle.
                if (recursive && entry.LinkTarget is null)
                {
                    Collect(path, recursive, files);
                }
            }
            else if (Extensions.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase))
            {
                files.Add(path);
            }
        }
    }
}
