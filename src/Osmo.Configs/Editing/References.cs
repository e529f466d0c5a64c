using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Osmo.Access.Roles;
using Osmo.Configs.Documents;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;

namespace Osmo.Configs.Editing;

/// <summary>
/// What a configuration says about others has to hold: a pool's templates exist, and what a pool refers to is not deleted. Only what a
/// change adds or takes away is looked at. Two changes of different types at the same moment do not see each other.
/// </summary>
internal static class References
{
    private static readonly (string Field, ConfigType Target)[] OfPools =
    [
        ("common_pod_template", ConfigType.PodTemplate),
        ("common_resource_validations", ConfigType.ResourceValidation),
        ("common_group_templates", ConfigType.GroupTemplate),
    ];

    private static readonly (string Field, ConfigType Target)[] OfPlatforms =
        [("override_pod_template", ConfigType.PodTemplate), ("resource_validations", ConfigType.ResourceValidation)];

    private static readonly (string Field, ConfigType Target)[] OfTests = [("common_pod_template", ConfigType.PodTemplate)];

    public delegate Task<ConfigSnapshot> Reader(ConfigType type, CancellationToken cancellationToken);

    private readonly record struct Reference(string Path, ConfigType Target, string Name);

    /// <exception cref="OsmoException">The change refers to what is not there, or takes away what is referred to.</exception>
    public static async Task CheckAsync(
        ConfigType type,
        JsonObject before,
        JsonObject after,
        Reader read,
        IBackendStore backends,
        CancellationToken cancellationToken)
    {
        if (type == ConfigType.Role)
        {
            CheckRoles(after);
        }

        var added = From(type, after).Except(From(type, before)).ToArray();
        if (added.Length > 0)
        {
            await CheckAddedAsync(added, read, backends, cancellationToken).ConfigureAwait(false);
        }

        var gone = type.IsNamed() ? before.Select(entry => entry.Key).Where(name => !after.ContainsKey(name)).ToArray() : [];
        if (gone.Length > 0)
        {
            await CheckGoneAsync(type, gone, read, backends, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CheckAddedAsync(
        Reference[] added, Reader read, IBackendStore backends, CancellationToken cancellationToken)
    {
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        foreach (var group in added.GroupBy(reference => reference.Target))
        {
            IReadOnlyCollection<string> known = group.Key == ConfigType.Backend
                ? [.. (await backends.ListAsync(cancellationToken).ConfigureAwait(false)).Select(backend => backend.Name.Value)]
                : [.. (await read(group.Key, cancellationToken).ConfigureAwait(false)).Entries.Select(entry => entry.Key)];
            foreach (var (path, target, name) in group.Where(reference => !known.Contains(reference.Name)))
            {
                var nearest = Spelling.Nearest(name, known);
                errors.Add(new FieldError(
                    path,
                    $"names \"{name}\", and there is no such {target.Name()}. "
                    + (nearest is null ? "Make that first." : $"Did you mean {nearest}?")));
            }
        }

        if (errors.Count > 0)
        {
            throw OsmoException.InvalidFields(errors.ToImmutable());
        }
    }

    private static async Task CheckGoneAsync(
        ConfigType type, string[] gone, Reader read, IBackendStore backends, CancellationToken cancellationToken)
    {
        var users = new List<Reference>();
        if (type is ConfigType.PodTemplate or ConfigType.ResourceValidation or ConfigType.GroupTemplate)
        {
            users.AddRange(From(ConfigType.Pool, (await read(ConfigType.Pool, cancellationToken).ConfigureAwait(false)).Entries));
        }

        if (type == ConfigType.PodTemplate)
        {
            users.AddRange(From(
                ConfigType.BackendTest, (await read(ConfigType.BackendTest, cancellationToken).ConfigureAwait(false)).Entries));
        }

        if (type == ConfigType.BackendTest)
        {
            users.AddRange(
                from backend in await backends.ListAsync(cancellationToken).ConfigureAwait(false)
                from test in backend.Config.Tests.Items
                select new Reference($"backend {backend.Name}", ConfigType.BackendTest, test));
        }

        var used = users.Where(user => user.Target == type && gone.Contains(user.Name)).Take(1).ToArray();
        if (used is [var first])
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"{type.Name()} \"{first.Name}\" is in use by {first.Path}. Take it away there before you delete it.");
        }
    }

    /// <summary>Roles without which nobody could get in any more are there, with what they allow by default.</summary>
    private static void CheckRoles(JsonObject after)
    {
        foreach (var role in PreassignedRoles.All.Where(role => PreassignedRoles.IsProtected(role.Name)))
        {
            if (!after.TryGetPropertyValue(role.Name, out var entry) || !ConfigDocument.IsComplete(entry!))
            {
                throw new OsmoException(
                    ErrorCode.Invalid,
                    $"Role {role.Name} is protected: it cannot be deleted and keeps what it allows by default. "
                    + "Add policies to it, or make a role of your own.");
            }
        }
    }

    private static IEnumerable<Reference> From(ConfigType type, JsonObject entries) => type switch
    {
        ConfigType.Pool => entries.SelectMany(entry => FromPool($"pools.{entry.Key}", (JsonObject)entry.Value!)),
        ConfigType.BackendTest => entries.SelectMany(entry => Named(entry.Key, (JsonObject)entry.Value!, OfTests)),
        _ => [],
    };

    private static IEnumerable<Reference> FromPool(string path, JsonObject pool) =>
    [
        new Reference($"{path}.backend", ConfigType.Backend, (string)pool["backend"]!),
        .. Named(path, pool, OfPools),
        .. ((JsonObject)pool["platforms"]!).SelectMany(
            platform => Named($"{path}.platforms.{platform.Key}", (JsonObject)platform.Value!, OfPlatforms)),
    ];

    private static IEnumerable<Reference> Named(string path, JsonObject entry, (string Field, ConfigType Target)[] fields) =>
        from field in fields
        from name in (JsonArray)entry[field.Field]!
        select new Reference($"{path}.{field.Field}", field.Target, (string)name!);
}
