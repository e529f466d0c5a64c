using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Cli.Output;

namespace Osmo.Cli.Profiles;

/// <summary>The named profiles, in a file that only its owner may read.</summary>
internal sealed class ProfileStore
{
    public const string NameDefault = "default";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string FileName = "profiles.json";

    private readonly string _path;

    private ProfileStore(string path, string? current, SortedDictionary<string, Profile> profiles)
    {
        _path = path;
        Current = current;
        Profiles = profiles;
    }

    /// <summary>The profile that is used where none is named.</summary>
    public string? Current { get; private set; }

    public IReadOnlyDictionary<string, Profile> Profiles { get; }

    /// <exception cref="CliError">The file is there and cannot be used.</exception>
    public static ProfileStore Load()
    {
        var path = Path.Combine(ProfileFolder.Path(), FileName);
        try
        {
            var root = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonObject : [];
            var profiles = new SortedDictionary<string, Profile>(StringComparer.Ordinal);
            foreach (var (name, value) in root?["profiles"] as JsonObject ?? [])
            {
                profiles[name] = ProfileJson.Read(value!.AsObject());
            }

            return new ProfileStore(path, (string?)root?["current"], profiles);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"The profiles in {path} cannot be read: {failure.Message}");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new CliError($"The profiles in {path} cannot be understood. Move the file away and log in again.");
        }
    }

    /// <summary>The profile of a name, or the current one; null where there is none yet.</summary>
    /// <exception cref="CliError">No profile has the name.</exception>
    public (string Name, Profile? Profile) Find(string? name)
    {
        if (name is null)
        {
            var current = Current ?? NameDefault;
            return (current, Profiles.GetValueOrDefault(current));
        }

        return Profiles.TryGetValue(name, out var profile)
            ? (name, profile)
            : throw new CliError(
                $"There is no profile \"{name}\"{Suggestion.For(name, Profiles.Keys)} Make it with 'osmo login URL --profile {name}'.",
                ExitCode.Usage);
    }

    public void Put(string name, Profile profile, bool makeCurrent)
    {
        ((SortedDictionary<string, Profile>)Profiles)[name] = profile;
        Current = makeCurrent ? name : Current;
        Save();
    }

    public void Use(string name)
    {
        Current = Find(name).Name;
        Save();
    }

    public void Remove(string name)
    {
        ((SortedDictionary<string, Profile>)Profiles).Remove(Find(name).Name);
        Current = Current == name ? null : Current;
        Save();
    }

    /// <summary>Whole or not at all: another process may read, or write its own, at the same moment.</summary>
    private void Save()
    {
        var profiles = new JsonObject(Profiles.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)ProfileJson.Write(item.Value))));
        var text = DocumentWriter.Json(new JsonObject { ["current"] = Current, ["profiles"] = profiles });
        var draft = $"{_path}.{Environment.ProcessId}";
        try
        {
            MakeFolder(Path.GetDirectoryName(_path)!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var writer = new StreamWriter(draft, options))
            {
                writer.WriteLine(text);
            }

            File.Move(draft, _path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"The profiles cannot be written to {_path}: {failure.Message}");
        }
    }

    private static void MakeFolder(string folder)
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
}
