using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Configs.Documents;
using Osmo.Configs.Secrets;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Configs.Editing;

/// <summary>
/// Reads and changes the configurations of all types but BACKEND. Several processes may do so: a change is made to the newest revision or
/// not at all, and one that lost the race is made anew on what won it.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="backends">The backends that pools refer to, and that refer to tests.</param>
/// <param name="secrets">Seals what is secret.</param>
/// <param name="time">The time of changes.</param>
public sealed class Configurations(IConfigStore store, IBackendStore backends, ConfigSecrets secrets, TimeProvider time) : IDisposable
{
    /// <summary>How often a change is made anew before its author is told to try later.</summary>
    public const int AttemptsMax = 100;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SemaphoreSlim[] _turns = [.. ConfigTypes.All.Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>What seals and masks the secrets.</summary>
    public ConfigSecrets Secrets => secrets;

    /// <summary>The newest configuration of a type; made where there is none yet.</summary>
    /// <exception cref="OsmoException">The store cannot be used now.</exception>
    public async Task<ConfigSnapshot> ReadAsync(ConfigType type, CancellationToken cancellationToken)
    {
        var newest = await store.ReadNewestAsync(type, cancellationToken).ConfigureAwait(false);
        if (newest is null)
        {
            var initial = new ConfigDraft(
                type, "", Audit.System.Username, time.GetUtcNow(), "Initial configuration", new TextList(["initial-config"]),
                InitialDocuments.Of(type).ToJsonString(Compact));
            await store.AppendAsync(initial, expected: 0, cancellationToken).ConfigureAwait(false);
            newest = await store.ReadNewestAsync(type, cancellationToken).ConfigureAwait(false);
        }

        return Snapshot(newest!);
    }

    /// <summary>Makes sure that every type has a configuration.</summary>
    /// <exception cref="OsmoException">The store cannot be used now.</exception>
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        foreach (var type in ConfigTypes.Documents)
        {
            await ReadAsync(type, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A revision of a type.</summary>
    /// <exception cref="OsmoException">There is no such revision, or it was deleted.</exception>
    public async Task<ConfigSnapshot> ReadAsync(ConfigType type, long revision, CancellationToken cancellationToken)
    {
        var stored = await store.ReadRevisionAsync(type, revision, cancellationToken).ConfigureAwait(false);
        return stored is { DeletedBy: null } ? Snapshot(stored) : throw NoRevision(type, revision);
    }

    /// <summary>Makes a change.</summary>
    /// <returns>The configuration after it; that of before where it changes nothing.</returns>
    /// <exception cref="OsmoException">It breaks a rule, or the revision is another one.</exception>
    public async Task<ConfigSnapshot> ChangeAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        // One after the other within this process: only changes of other processes have to be tried anew.
        var turn = _turns[(int)change.Type];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 0; attempt < AttemptsMax; attempt++)
            {
                if (await TryChangeAsync(change, cancellationToken).ConfigureAwait(false) is { } changed)
                {
                    return changed;
                }
            }
        }
        finally
        {
            turn.Release();
        }

        throw new OsmoException(
            ErrorCode.Unavailable,
            $"The {change.Type.Name()} configuration is changed by others all the time; this change was not made. Try again later.");
    }

    /// <summary>Puts the content of an earlier revision in force again, as a new revision.</summary>
    /// <exception cref="OsmoException">There is no such revision, it was deleted, or what it says is not allowed any more.</exception>
    public async Task<ConfigSnapshot> RollBackAsync(ConfigType type, long revision, Audit audit, CancellationToken cancellationToken)
    {
        var stored = await store.ReadRevisionAsync(type, revision, cancellationToken).ConfigureAwait(false)
            ?? throw NoRevision(type, revision);
        RefuseDeleted(stored);
        var target = Snapshot(stored);
        var change = new ConfigChange(type, "", audit, RollbackDescription(type, revision, audit), _ => target.Entries);
        return await ChangeAsync(
            change with { Audit = audit with { Description = change.UsualDescription } }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the history says of a rollback.</summary>
    public static string RollbackDescription(ConfigType type, long revision, Audit audit) =>
        $"Roll back {type.Name()} to r{revision}" + (audit.Description is { } reason ? $": {reason}" : "");

    /// <exception cref="OsmoException">The revision was deleted.</exception>
    public static void RefuseDeleted(ConfigRevision revision)
    {
        if (revision.DeletedBy is { } user)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"Cannot roll back to revision {revision.Revision} for config type {revision.Type.Name()} as it was deleted by {user}. "
                + "The history lists the revisions that are left.");
        }
    }

    /// <summary>The failure of a request for a revision that is not in the history.</summary>
    public static OsmoException NoRevision(ConfigType type, long revision) => new(
        ErrorCode.NotFound,
        $"No config history entry found for type {type.Name()} at revision {revision}. The history lists the revisions that there are.");

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_turns, turn => turn.Dispose());

    internal static ConfigSnapshot Snapshot(ConfigRevision revision) => new(
        revision.Type,
        revision.Revision,
        JsonNode.Parse(revision.DocumentJson ?? "{}") as JsonObject
            ?? throw new InvalidDataException($"Revision {revision.Revision} of {revision.Type.Name()} is no object."));

    private async Task<ConfigSnapshot?> TryChangeAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        var current = await ReadAsync(change.Type, cancellationToken).ConfigureAwait(false);
        if (await IsRepeatedAsync(change, cancellationToken).ConfigureAwait(false))
        {
            return current;
        }

        if (change.ExpectedRevision is { } expected && expected != current.Revision)
        {
            throw new OsmoException(
                ErrorCode.PreconditionFailed,
                $"The {change.Type.Name()} configuration is at revision {current.Revision}, not at the one of If-Match. Read it again and "
                + "repeat the change on what you see.");
        }

        var edited = change.Edit((JsonObject)current.Entries.DeepClone());
        var document = ConfigDocument.Check(change.Type, edited);
        secrets.Seal(change.Type, document, current.Entries);
        var json = document.ToJsonString(Compact);
        if (json.Length > ConfigDocument.CharsMax)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"The {change.Type.Name()} configuration would have {json.Length} characters, at most {ConfigDocument.CharsMax} are "
                + "allowed.");
        }

        if (json == current.Entries.ToJsonString(Compact))
        {
            return current;
        }

        await References.CheckAsync(change.Type, current.Entries, document, ReadAsync, backends, cancellationToken).ConfigureAwait(false);
        var draft = new ConfigDraft(
            change.Type, change.Name, change.Audit.Username, time.GetUtcNow(), change.Audit.Description ?? change.UsualDescription,
            change.Audit.Tags, json, change.Audit.Request);
        var revision = await store.AppendAsync(draft, current.Revision, cancellationToken).ConfigureAwait(false);
        return revision is { } number ? new ConfigSnapshot(change.Type, number, document) : null;
    }

    private async Task<bool> IsRepeatedAsync(ConfigChange change, CancellationToken cancellationToken)
    {
        if (change.Audit.Request is not { } request
            || await store.FindRequestAsync(change.Type, request.Key, cancellationToken).ConfigureAwait(false) is not { } applied)
        {
            return false;
        }

        return applied.Request.Digest == request.Digest
            ? true
            : throw new OsmoException(
                ErrorCode.Invalid, $"The request id \"{request.Key}\" was used for another change. Use a new one for every change.");
    }
}
