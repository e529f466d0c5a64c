using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Osmo.Configs;
using Osmo.Configs.Documents;
using Osmo.Configs.Editing;
using Osmo.Configs.Secrets;
using Osmo.Domain.Errors;
using Osmo.Gateway.Http;

namespace Osmo.Gateway.Configs;

/// <summary>The routes of one type that is one document.</summary>
/// <param name="type">The type.</param>
internal sealed class DocumentEndpoints(ConfigType type)
{
    /// <summary>What people call an entry of the type: <c>pod template</c>.</summary>
    private readonly string _noun = type.Segment().Replace('_', ' ');

    public async Task GetAsync(HttpContext context, Configurations configurations)
    {
        var snapshot = await configurations.ReadAsync(type, context.RequestAborted);
        var shown = ConfigDocument.ToShown(type, ConfigSecrets.Masked(type, snapshot.Entries));
        if (type == ConfigType.Pool && context.Request.Query["backend"].ToString() is { Length: > 0 } backend)
        {
            var pools = (JsonObject)shown["pools"]!;
            foreach (var other in pools.Where(pool => (string?)pool.Value!["backend"] != backend).Select(pool => pool.Key).ToArray())
            {
                pools.Remove(other);
            }
        }

        await WriteAsync(context, snapshot, shown);
    }

    public async Task GetEntryAsync(HttpContext context, string name, Configurations configurations)
    {
        var snapshot = await configurations.ReadAsync(type, context.RequestAborted);
        await WriteAsync(context, snapshot, Find(ConfigSecrets.Masked(type, snapshot.Entries), name));
    }

    /// <summary>Entries that are given replace those of before; others stay.</summary>
    public async Task PutAsync(HttpContext context, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var given = ConfigDocument.FromShown(type, request.Payload());
        ConfigSecrets.CheckInput(type, given);
        var usual = type.IsNamed() ? $"Put complete {_noun} configuration" : $"Put {_noun} configuration";
        var snapshot = await ChangeAsync(context, configurations, request, "", usual, entries =>
        {
            foreach (var (name, entry) in given)
            {
                entries[name] = entry?.DeepClone();
            }

            return entries;
        });
        await WriteAsync(context, snapshot, type.IsNamed() ? null : Fields(snapshot, given));
    }

    /// <summary>Merges into the document.</summary>
    public async Task PatchAsync(HttpContext context, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var patch = request.PayloadObject(type);
        var snapshot = await ChangeAsync(
            context, configurations, request, "", $"Patched {_noun} configuration", entries => StrategicMerge.Apply(entries, patch));
        await WriteAsync(context, snapshot, Fields(snapshot, patch));
    }

    public async Task PutEntryAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var entry = request.Payload();
        ConfigSecrets.CheckInput(type, new JsonObject { [name] = entry?.DeepClone() });
        if (type == ConfigType.Role && entry is JsonObject role)
        {
            role.TryAdd("name", name);
        }

        var snapshot = await ChangeAsync(context, configurations, request, name, $"Put complete {_noun} {name}", entries =>
        {
            entries[name] = entry?.DeepClone();
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task PatchEntryAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var patch = request.PayloadObject(type);
        var snapshot = await ChangeAsync(context, configurations, request, name, $"Patched {_noun} {name}", entries =>
        {
            entries[name] = StrategicMerge.Apply(Entry(entries, name), patch);
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task DeleteEntryAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var snapshot = await ChangeAsync(context, configurations, request, name, $"Delete {_noun} {name}", entries =>
        {
            _ = Find(entries, name);
            entries.Remove(name);
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task PatchBucketAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var patch = request.PayloadObject(type);
        var snapshot = await ChangeAsync(context, configurations, request, name, $"Patched bucket {name}", entries =>
        {
            var buckets = Below(entries, "buckets");
            buckets[name] = StrategicMerge.Apply(buckets[name] as JsonObject ?? [], patch);
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task DeleteBucketAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var snapshot = await ChangeAsync(context, configurations, request, name, $"Delete bucket {name}", entries =>
        {
            _ = Below(entries, "buckets").Remove(name) ? true : throw NotFound("bucket", name);
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task RenameAsync(HttpContext context, string name, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var renamed = request.Text("new_name");
        var snapshot = await ChangeAsync(context, configurations, request, renamed, $"Rename {_noun} {name} to {renamed}", entries =>
        {
            Entry(entries, name)["name"] = renamed;
            return Renamed(entries, name, renamed, _noun);
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task GetPlatformsAsync(HttpContext context, string name, Configurations configurations, string? platform = null)
    {
        var snapshot = await configurations.ReadAsync(type, context.RequestAborted);
        var platforms = Below(Entry(ConfigSecrets.Masked(type, snapshot.Entries), name), "platforms");
        await WriteAsync(
            context, snapshot, platform is null ? platforms : platforms[platform] ?? throw NotFound("platform", platform));
    }

    public async Task PutPlatformAsync(HttpContext context, string name, string platform, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var payload = request.PayloadObject(type);
        var snapshot = await ChangeAsync(context, configurations, request, name, $"Put platform {platform} of pool {name}", entries =>
        {
            Below(Entry(entries, name), "platforms")[platform] = payload.DeepClone();
            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    public async Task RenamePlatformAsync(HttpContext context, string name, string platform, Configurations configurations)
    {
        var request = await ConfigRequest.ReadAsync(context);
        var renamed = request.Text("new_name");
        var usual = $"Rename platform {platform} of pool {name} to {renamed}";
        var snapshot = await ChangeAsync(context, configurations, request, name, usual, entries =>
        {
            var pool = Entry(entries, name);
            pool["platforms"] = Renamed(Below(pool, "platforms"), platform, renamed, "platform");
            if ((string?)pool["default_platform"] == platform)
            {
                pool["default_platform"] = renamed;
            }

            return entries;
        });
        await WriteAsync(context, snapshot, null);
    }

    private static JsonObject Below(JsonObject node, string name) => (JsonObject)node[name]!;

    /// <summary>The same entries in the same order, one of them under another name.</summary>
    private static JsonObject Renamed(JsonObject entries, string name, string renamed, string noun)
    {
        if (!entries.ContainsKey(name))
        {
            throw NotFound(noun, name);
        }

        return name != renamed && entries.ContainsKey(renamed)
            ? throw OsmoException.InvalidFields([new FieldError("new_name", $"is the name of another {noun}. Choose one that is free.")])
            : new JsonObject(entries.Select(
                entry => KeyValuePair.Create(entry.Key == name ? renamed : entry.Key, entry.Value?.DeepClone())));
    }

    private static OsmoException NotFound(string noun, string name) =>
        new(ErrorCode.NotFound, $"{char.ToUpperInvariant(noun[0])}{noun[1..]} {name} does not exist.");

    private Task<ConfigSnapshot> ChangeAsync(
        HttpContext context,
        Configurations configurations,
        ConfigRequest request,
        string name,
        string usual,
        Func<JsonObject, JsonObject> edit) => configurations.ChangeAsync(
            new ConfigChange(type, name, request.Audit, usual, edit) { ExpectedRevision = request.ExpectedRevision },
            context.RequestAborted);

    /// <summary>The fields of the document that a request was about, as they are now.</summary>
    private JsonObject Fields(ConfigSnapshot snapshot, JsonObject asked)
    {
        var shown = ConfigSecrets.Masked(type, snapshot.Entries);
        return new JsonObject(shown.Where(field => asked.ContainsKey(field.Key))
            .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
    }

    private JsonObject Entry(JsonObject entries, string name) =>
        Find(entries, name) as JsonObject
        ?? throw new OsmoException(ErrorCode.Invalid, $"{type.Name()} {name} is no object; put it as a whole.");

    private JsonNode Find(JsonObject entries, string name)
    {
        if (entries[name] is { } entry)
        {
            return entry;
        }

        var failure = NotFound(_noun, name);
        throw Spelling.Nearest(name, entries.Select(known => known.Key)) is { } nearest
            ? new OsmoException(failure.Code, $"{failure.Message} Did you mean {nearest}?")
            : failure;
    }

    private static Task WriteAsync(HttpContext context, ConfigSnapshot snapshot, JsonNode? shown)
    {
        EntityTags.Set(context.Response, snapshot.Revision);
        return ConfigJson.WriteAsync(context, shown);
    }
}
