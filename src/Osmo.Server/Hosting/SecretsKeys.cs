using Osmo.Access.Secrets;
using Osmo.Domain.Errors;

namespace Osmo.Server.Hosting;

/// <summary>Finds the keys that protect secrets at rest.</summary>
internal static class SecretsKeys
{
    /// <summary>The environment variable with the keys themselves.</summary>
    public const string KeysVariable = "OSMO_SECRETS_KEYS";

    /// <summary>The environment variable with the path of the file.</summary>
    public const string FileVariable = "OSMO_SECRETS_KEY_FILE";

    private const string FileOption = "--secrets-key-file";
    private const string GeneratedFile = "secrets.key";

    /// <summary>
    /// The ring: from the file or the variable; with an embedded database else from a file next to it, which is made where there is
    /// none; in developer mode else the one that everybody knows.
    /// </summary>
    /// <exception cref="OsmoException">The keys cannot be used, or there are none; the message says what to do.</exception>
    public static SecretsKeyRing Load(OsmoServerOptions options, bool developerMode) => (options.SecretsKeyFile, options.SecretsKeys) switch
    {
        (not null, not null) => throw new OsmoException(
            ErrorCode.Invalid, $"Keys for secrets are given twice: by {FileOption} and by {KeysVariable}. Give one of the two."),
        ({ } file, null) => SecretsKeyRing.Parse(Read(file), $"{file} ({FileOption})"),
        (null, { } keys) => SecretsKeyRing.Parse(keys, KeysVariable),
        _ when options.Cluster is null => OfFolder(options.DataFolder),
        _ when developerMode => SecretsKeyRing.Development,
        _ => throw new OsmoException(
            ErrorCode.Invalid,
            $"A gateway needs a key to protect the secrets that it stores in PostgreSQL. Make one with \"{SecretsKeyRing.HowToMakeOne}\", "
            + $"and give the same to every gateway, in a file with {FileOption} or in {KeysVariable}. "
            + "Keep a copy apart from the database's backup: without it the stored secrets are lost."),
    };

    private static SecretsKeyRing OfFolder(string folder)
    {
        var path = Path.Combine(folder, GeneratedFile);
        if (!File.Exists(path))
        {
            Write(path, SecretsKeyRing.NewKeyText());
        }

        return SecretsKeyRing.Parse(Read(path), path);
    }

    /// <summary>Whole or not at all: a key file of which a crash left only a part would make the next start fail.</summary>
    private static void Write(string path, string key)
    {
        var unfinished = path + ".new";
        try
        {
            File.Delete(unfinished);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(unfinished, options))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(key + "\n"));
                stream.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"The key file {path} cannot be written: {failure.Message} Make its folder writable, or give a key with {FileOption}.");
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OsmoException(ErrorCode.Invalid, $"The key file {file} cannot be read: {failure.Message}");
        }
    }
}
