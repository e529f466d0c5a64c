namespace Osmo.Kubernetes;

/// <summary>Reads the object under the cursor; null for one without a name, as that of a bookmark.</summary>
/// <exception cref="JsonFormatException">It cannot be read.</exception>
internal delegate (T? Item, string ResourceVersion) ReadObject<T>(ref JsonCursor cursor)
    where T : class;

/// <summary>A kind of objects that is followed as a whole: where they are, and how they are read.</summary>
/// <param name="Resource">Their name in messages, such as pods.</param>
/// <param name="Path">Where they are listed and watched.</param>
/// <param name="Read">Reads one.</param>
internal sealed record ObjectKind<T>(string Resource, string Path, ReadObject<T> Read)
    where T : class;

/// <summary>Receives what an <see cref="ObjectFollower{T}"/> sees, from one thread at a time, in order.</summary>
internal interface IObjectSink<T>
{
    /// <summary>All objects there are, from a list: whatever is not among them is gone.</summary>
    void Replace(IReadOnlyList<T> items);

    /// <summary>One is new, or something of it changed.</summary>
    void Upsert(T item);

    /// <summary>One is gone.</summary>
    void Delete(T item);

    /// <summary>One could not be read and was passed over.</summary>
    void Skipped(string why);

    /// <summary>A list was made.</summary>
    void Listed(int items, string resourceVersion);

    /// <summary>A request failed and will be made again.</summary>
    void Failed(KubernetesApiException e, TimeSpan pause, int failuresInRow);
}
